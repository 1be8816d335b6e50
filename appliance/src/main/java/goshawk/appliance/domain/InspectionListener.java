package goshawk.appliance.domain;

/** Hears of every part after its record is durable and its fate known. Called from a thread of its own, one at a time. */
@FunctionalInterface
public interface InspectionListener {

    void recorded(long id, InspectionRecord record);
}

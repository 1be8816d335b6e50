package goshawk.appliance.domain;

/** The diverter on the line. It is closed: a part that nobody releases is diverted. */
public interface PartGate {

    /** Lets this one part go on. Naming the part keeps a late call from releasing its neighbour. */
    void release(String part);
}

package goshawk.appliance.domain;

/** Takes down what operators say about inspections. Safe for any thread; callers queue. */
public interface Confirmations {

    /**
     * Writes it beside the record, which stays as it is. Returns once it would survive a power cut.
     *
     * @throws LogException when it was not written, there being no such inspection for instance
     */
    void confirm(Confirmation confirmation);
}

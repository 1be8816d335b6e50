package goshawk.appliance.domain;

/** The diverter on the line. It is closed: a part that nobody releases is diverted. Used by the line's thread. */
public interface PartGate {

    /**
     * Lets this one part go on. Naming the part keeps a late call from releasing its neighbour.
     *
     * @return what the gate did: {@link Disposition#RELEASED}, or why the part did not go on
     */
    Disposition release(String part);

    /** What becomes of a part that nobody releases. */
    default Disposition unreleased() {
        return Disposition.DIVERTED;
    }
}

package goshawk.appliance.domain;

/** What became of the part at the gate. The names are written to the record: renaming one rewrites history. */
public enum Disposition {
    /** The gate let the part go on. */
    RELEASED,
    /** Nobody released the part, so it left the line. */
    DIVERTED,
    /** This station has no gate: it watches, and others decide. */
    MONITOR_ONLY,
    /** The record was written, what the gate then did was not: a crash, a full disk or a gate that failed. */
    UNCONFIRMED
}

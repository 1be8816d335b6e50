package goshawk.appliance.domain;

import goshawk.camera.Cause;

/** A part could not be inspected; becomes {@link Inspection.Failed} on the line. */
public class InspectionException extends RuntimeException {

    private final Cause cause;

    public InspectionException(Cause cause, String message) {
        super(message);
        this.cause = cause;
    }

    public InspectionException(Cause cause, String message, Throwable why) {
        super(message, why);
        this.cause = cause;
    }

    /** Why, for the record; {@link #getCause()} is the exception beneath. */
    public Cause reason() {
        return cause;
    }
}

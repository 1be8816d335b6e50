package goshawk.appliance.domain;

/** A calibration does not belong to the recipe or the engine; the message says to which it does. */
public final class CalibrationException extends RuntimeException {

    public CalibrationException(String message) {
        super(message);
    }
}

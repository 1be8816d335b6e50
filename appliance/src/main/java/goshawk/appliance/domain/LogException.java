package goshawk.appliance.domain;

/** Something could not be recorded, or the record not be read; the message names the file and the remedy. */
public final class LogException extends RuntimeException {

    public LogException(String message) {
        super(message);
    }

    public LogException(String message, Throwable cause) {
        super(message, cause);
    }
}

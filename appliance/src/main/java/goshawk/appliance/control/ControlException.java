package goshawk.appliance.control;

/** The controller cannot be listened to; the message names address and remedy. */
public final class ControlException extends RuntimeException {

    ControlException(String message, Throwable cause) {
        super(message, cause);
    }
}

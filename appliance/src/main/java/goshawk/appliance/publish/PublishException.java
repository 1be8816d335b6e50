package goshawk.appliance.publish;

/** The broker could not be started, or what was asked of it makes no sense; the message names it and the remedy. */
public final class PublishException extends RuntimeException {

    public PublishException(String message) {
        super(message);
    }

    public PublishException(String message, Throwable cause) {
        super(message, cause);
    }
}

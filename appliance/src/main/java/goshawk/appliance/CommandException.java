package goshawk.appliance;

/** A command cannot do what it was asked; the message names the thing and the remedy. */
final class CommandException extends RuntimeException {

    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}

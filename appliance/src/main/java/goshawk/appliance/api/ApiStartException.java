package goshawk.appliance.api;

/** The API could not be opened; the message names the address, the file or the token, and the remedy. */
public final class ApiStartException extends RuntimeException {

    ApiStartException(String message) {
        super(message);
    }

    ApiStartException(String message, Throwable cause) {
        super(message, cause);
    }
}

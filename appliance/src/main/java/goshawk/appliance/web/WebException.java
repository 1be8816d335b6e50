package goshawk.appliance.web;

/** The dashboard cannot be served; the message says why and what to do. */
public final class WebException extends RuntimeException {

    public WebException(String message, Throwable cause) {
        super(message, cause);
    }
}

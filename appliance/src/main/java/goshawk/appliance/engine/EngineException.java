package goshawk.appliance.engine;

/** The model's runtime failed; the message names the call and what it was given. */
public final class EngineException extends RuntimeException {

    public EngineException(String message) {
        super(message);
    }

    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }
}

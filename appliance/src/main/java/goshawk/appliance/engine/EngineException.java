package goshawk.appliance.engine;

/** The model's runtime failed; the message names the call and what it was given. */
public sealed class EngineException extends RuntimeException {

    public EngineException(String message) {
        super(message);
    }

    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A conversation is longer than the model knows or memory holds; nothing was computed. */
    public static final class ContextFull extends EngineException {

        public ContextFull(String message) {
            super(message);
        }
    }
}

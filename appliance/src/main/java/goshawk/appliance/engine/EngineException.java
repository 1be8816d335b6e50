package goshawk.appliance.engine;

import java.time.Duration;

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

    /**
     * A call of the native runtime failed. What state the runtime is in after that is not known, and on a GPU every call
     * after it fails too: a process of the engine's own ends with it.
     */
    public static final class CallFailed extends EngineException {

        private final String call;

        /** @param call as the runtime names it, with what it was called for */
        public CallFailed(String call, String what) {
            super(call + ": " + what);
            this.call = call;
        }

        public CallFailed(String call, Throwable cause) {
            super(call + ": " + cause.getMessage(), cause);
            this.call = call;
        }

        public String call() {
            return call;
        }
    }

    /** The process that the engine runs in cannot answer; whatever it may still say is not heard. */
    public abstract static sealed class ProcessFailed extends EngineException {

        private ProcessFailed(String message) {
            super(message);
        }
    }

    /** The process ended with a call in hand. */
    public static final class Ended extends ProcessFailed {

        /** @param how with its exit code or signal */
        public Ended(String call, String how) {
            super("%s: the engine process %s".formatted(call, how));
        }
    }

    /** The process did not answer in time, and was killed. */
    public static final class Hung extends ProcessFailed {

        public Hung(String call, Duration limit) {
            super("%s: the engine process gave no answer for %s and was killed".formatted(call, words(limit)));
        }

        private static String words(Duration limit) {
            return limit.toMillis() % 1_000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
        }
    }

    /** There is no process now; one is being started. */
    public static final class NotReady extends ProcessFailed {

        /** @param why the last one is gone */
        public NotReady(String why) {
            super("the engine process starts again: " + why);
        }
    }

    /** What was said or seen is gone with the process that knew it. */
    public static final class Gone extends ProcessFailed {

        public Gone(String call) {
            super(call + ": what the engine process had read is gone, it was started again since");
        }
    }
}

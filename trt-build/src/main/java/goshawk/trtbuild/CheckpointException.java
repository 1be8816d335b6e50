package goshawk.trtbuild;

/**
 * A checkpoint or an engine folder cannot be used as it is; the message is one line that names the file or tensor, what
 * is wrong with it and the remedy.
 */
public final class CheckpointException extends RuntimeException {

    public CheckpointException(String message) {
        super(message);
    }

    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Of what a failure says, the part that fits into a message. */
    static String firstLine(Throwable failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }
}

package goshawk.appliance.evaluate;

/** A truth or a results file cannot be used; the message names the file, the line and the remedy. */
public final class EvaluationException extends RuntimeException {

    public EvaluationException(String message) {
        super(message);
    }

    public EvaluationException(String message, Throwable cause) {
        super(message, cause);
    }
}

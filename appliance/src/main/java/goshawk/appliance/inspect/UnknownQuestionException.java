package goshawk.appliance.inspect;

/** A recipe asks the model what it was not trained for; the message names recipe, prompt and the nearest known question. */
public final class UnknownQuestionException extends RuntimeException {

    public UnknownQuestionException(String message) {
        super(message);
    }
}

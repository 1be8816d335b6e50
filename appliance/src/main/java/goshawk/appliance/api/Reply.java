package goshawk.appliance.api;

import java.util.List;

/**
 * A whole answer.
 *
 * @param reasoning the model's thought, empty where it had none
 * @param tokens of {@code content} with their shares; empty unless they were asked for
 */
record Reply(String content, String reasoning, Finish finish, Usage usage, List<Token> tokens) {

    Reply {
        tokens = List.copyOf(tokens);
    }

    /** Why it ended. */
    enum Finish {
        /** The model, its grammar or a stop text ended it. */
        STOP,
        /** There was no room for more. */
        LENGTH
    }

    /** Tokens; {@code reasoning} are among {@code completion}. */
    record Usage(int prompt, int completion, int reasoning) {}

    /**
     * One token as it was said.
     *
     * @param bytes that it adds to the text
     * @param logarithm natural, of its share among all tokens, before temperature and grammar
     * @param likeliest tokens that could have stood here, likeliest first
     */
    record Token(byte[] bytes, double logarithm, List<Token> likeliest) {}
}

package goshawk.trtbuild;

import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role {@code system}, {@code user} or {@code assistant}
 */
public record Message(String role, List<Part> parts) {

    public Message {
        parts = List.copyOf(parts);
    }

    public static Message system(String text) {
        return new Message("system", List.of(new Text(text)));
    }

    public static Message user(Part... parts) {
        return new Message("user", List.of(parts));
    }

    public static Message assistant(String text) {
        return new Message("assistant", List.of(new Text(text)));
    }

    /** What a turn is made of. */
    public sealed interface Part {}

    public record Text(String text) implements Part {}

    /** The place of a picture; its pixels reach the model beside the text. */
    public record Picture() implements Part {}

    /** The place of a film. */
    public record Film() implements Part {}
}

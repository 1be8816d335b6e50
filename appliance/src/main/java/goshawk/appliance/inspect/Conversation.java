package goshawk.appliance.inspect;

import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Message;
import goshawk.trtbuild.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One question about one picture, as tokens: what comes before the picture and what comes after it, up to the place where
 * the model says its verdict. The host has closed the model's thought and opened the answer.
 *
 * @param before up to each picture, the part's last; the same for every question. The first piece begins the
 *     conversation, a later one begins behind the picture before it
 * @param question from the token that ends the part's picture to the opening of the verdict
 * @param verdicts what follows then, for each choice
 * @param thinking how the model may think before that; empty where its template opens no thought
 */
record Conversation(List<int[]> before, int[] question, Map<Choice, int[]> verdicts, Optional<Thinking> thinking) {

    static final String SYSTEM =
            "You inspect parts. Answer in JSON: a verdict PASS, REJECT or REVIEW with findings, a code, or a time in seconds.";

    static final String THOUGHT_END = "</think>";
    private static final String THOUGHT = "<think>";
    private static final String REFERENCE = "Reference:";
    private static final String PART = "Part:";

    /** What the model chooses between. */
    enum Choice {
        PASS("PASS\"}"),
        REJECT("REJECT\",\""),
        REVIEW("REVIEW\"}");

        private final String text;

        Choice(String text) {
            this.text = text;
        }
    }

    /** Which pictures the model is shown. */
    enum Shown {
        PART,
        /** A good part first. */
        REFERENCE_AND_PART
    }

    /**
     * The question up to the thought, and the ways from there to the verdict.
     *
     * @param question from the token that ends the picture to the place where the model begins to think
     * @param closing ends a thought that was cut short, and opens the answer
     * @param opening follows the model's own {@link #THOUGHT_END}, and opens the answer
     */
    record Thinking(int[] question, int[] closing, int[] opening) {}

    /** @throws CheckpointException when the checkpoint's template or tokenizer leaves no place for picture or verdict */
    static Conversation about(ModelInput input, String question) {
        return about(input, question, Shown.PART);
    }

    /** As {@link #about(ModelInput, String)}. */
    static Conversation about(ModelInput input, String question, Shown shown) {
        String rendered = input.template()
                .render(List.of(Message.system(SYSTEM), user(question, shown)), ChatTemplate.Answer.EXPECTED);
        String asked = rendered + thoughtClosed(rendered) + VerdictGrammar.OPENING;
        List<int[]> pieces = pieces(input, asked);
        if (pieces.size() != (shown == Shown.PART ? 2 : 3)) {
            throw noPlace();
        }
        int[] tokens = input.tokenizer().encode(asked);
        Map<Choice, int[]> verdicts = new EnumMap<>(Choice.class);
        for (Choice choice : Choice.values()) {
            verdicts.put(choice, rest(tokens, input.tokenizer().encode(asked + choice.text)));
        }
        return new Conversation(
                pieces.subList(0, pieces.size() - 1),
                pieces.getLast(),
                verdicts,
                opensThought(rendered) ? Optional.of(thinking(input, rendered)) : Optional.empty());
    }

    /** From the end of the part's picture to where an answer with another {@code opening} goes on, without a thought. */
    static int[] toAnswer(ModelInput input, String question, Shown shown, String opening) {
        String rendered = input.template()
                .render(List.of(Message.system(SYSTEM), user(question, shown)), ChatTemplate.Answer.EXPECTED);
        return pieces(input, rendered + thoughtClosed(rendered) + opening).getLast();
    }

    private static Message user(String question, Shown shown) {
        var text = new Message.Text(question);
        return switch (shown) {
            case PART -> Message.user(new Message.Picture(), text);
            case REFERENCE_AND_PART ->
                Message.user(
                        new Message.Text(REFERENCE),
                        new Message.Picture(),
                        new Message.Text(PART),
                        new Message.Picture(),
                        text);
        };
    }

    /** What stands between the pictures of a text, without their tokens. */
    private static List<int[]> pieces(ModelInput input, String text) {
        int[] tokens = input.tokenizer().encode(text);
        ModelConfig.Tokens special = input.tokens();
        List<int[]> pieces = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < tokens.length; at++) {
            if (tokens[at] == special.image()) {
                if (at + 1 == tokens.length || tokens[at + 1] != special.visionEnd()) {
                    throw noPlace();
                }
                pieces.add(Arrays.copyOfRange(tokens, from, at));
                from = at + 1;
            }
        }
        pieces.add(Arrays.copyOfRange(tokens, from, tokens.length));
        return pieces;
    }

    private static CheckpointException noPlace() {
        return new CheckpointException(
                "the chat template does not write a picture as its config.json's image and vision_end tokens; use the checkpoint's own files");
    }

    private static Thinking thinking(ModelInput input, String rendered) {
        String opening = "\n\n" + VerdictGrammar.OPENING;
        return new Thinking(
                pieces(input, rendered).getLast(),
                input.tokenizer().encode("\n" + THOUGHT_END + opening),
                input.tokenizer().encode(opening));
    }

    private static boolean opensThought(String rendered) {
        return rendered.stripTrailing().endsWith(THOUGHT);
    }

    /** A template that lets the model think first has opened the thought; it is closed without one. */
    static String thoughtClosed(String rendered) {
        if (!opensThought(rendered)) {
            return "";
        }
        return (rendered.endsWith("\n") ? "\n" : "\n\n") + THOUGHT_END + "\n\n";
    }

    private static int[] rest(int[] beginning, int[] whole) {
        if (whole.length <= beginning.length
                || !Arrays.equals(whole, 0, beginning.length, beginning, 0, beginning.length)) {
            throw new CheckpointException(
                    "the tokenizer joins a verdict with the quote before it, so its verdicts cannot be scored; use a Qwen3-VL tokenizer.json");
        }
        return Arrays.copyOfRange(whole, beginning.length, whole.length);
    }
}

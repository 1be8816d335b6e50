package goshawk.appliance.inspect;

import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Message;
import goshawk.trtbuild.ModelConfig;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One question about one picture, as tokens: what comes before the picture and what comes after it, up to the place where
 * the model says its verdict. The host has closed the model's thought and opened the answer.
 *
 * @param before up to the picture; the same for every question
 * @param afterPicture the token that ends the picture; the same for every question
 * @param question from behind the picture to the opening of the verdict
 * @param verdicts what follows then, for each choice
 */
record Conversation(int[] before, int afterPicture, int[] question, Map<Choice, int[]> verdicts) {

    static final String SYSTEM =
            "You inspect parts. Answer in JSON: a verdict PASS, REJECT or REVIEW with findings, a code, or a time in seconds.";

    private static final String THOUGHT = "<think>";
    private static final String THOUGHT_END = "</think>\n\n";

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

    /** @throws CheckpointException when the checkpoint's template or tokenizer leaves no place for picture or verdict */
    static Conversation about(ModelInput input, String question) {
        String rendered = input.template()
                .render(
                        List.of(
                                Message.system(SYSTEM),
                                Message.user(new Message.Picture(), new Message.Text(question))),
                        ChatTemplate.Answer.EXPECTED);
        String asked = rendered + thoughtClosed(rendered) + VerdictGrammar.OPENING;
        int[] tokens = input.tokenizer().encode(asked);
        ModelConfig.Tokens special = input.tokens();
        int picture = indexOf(tokens, special.image());
        if (picture < 0 || picture + 1 >= tokens.length || tokens[picture + 1] != special.visionEnd()) {
            throw new CheckpointException(
                    "the chat template does not write a picture as its config.json's image and vision_end tokens; use the checkpoint's own files");
        }
        Map<Choice, int[]> verdicts = new EnumMap<>(Choice.class);
        for (Choice choice : Choice.values()) {
            verdicts.put(choice, rest(tokens, input.tokenizer().encode(asked + choice.text)));
        }
        return new Conversation(
                Arrays.copyOf(tokens, picture),
                special.visionEnd(),
                Arrays.copyOfRange(tokens, picture + 2, tokens.length),
                verdicts);
    }

    /** A template that lets the model think first has opened the thought; it is closed without one. */
    private static String thoughtClosed(String rendered) {
        if (!rendered.stripTrailing().endsWith(THOUGHT)) {
            return "";
        }
        return (rendered.endsWith("\n") ? "\n" : "\n\n") + THOUGHT_END;
    }

    private static int indexOf(int[] tokens, int token) {
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] == token) {
                return i;
            }
        }
        return -1;
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

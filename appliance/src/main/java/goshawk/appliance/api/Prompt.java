package goshawk.appliance.api;

import goshawk.appliance.inspect.ModelInput;
import goshawk.camera.CameraException;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Message;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.PictureSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request as the model reads it: pieces of text tokens, and pictures.
 *
 * @param length in tokens
 * @param thinks true when the answer begins within a thought
 */
record Prompt(List<Piece> pieces, int length, boolean thinks) {

    /** What is read in one step. */
    sealed interface Piece {

        int length();

        record Text(int[] tokens) implements Piece {

            @Override
            public int length() {
                return tokens.length;
            }
        }

        /** @param length tokens that it stands for */
        record Picture(Patches patches, int length) implements Piece {}
    }

    static final String THOUGHT = "<think>";
    static final String THOUGHT_END = "</think>";
    private static final Pattern SPECIAL = Pattern.compile("<\\|[^<>|]{1,64}\\|>");
    /** Decoding takes three bytes a pixel, for one request at a time, and the station's heap is small. */
    private static final int MOST_PIXELS = 16_000_000;

    private static final Object DECODING = new Object();

    /**
     * @param input its pictures are of at most {@link ApiLimits#pictureTokens}
     * @throws ApiException when a picture cannot be read or the conversation does not fit
     */
    static Prompt of(ChatRequest request, ModelInput input, ApiLimits limits) {
        request.messages().forEach(message -> refuseSpecial(message, input));
        String rendered = rendered(request.messages(), input);
        boolean opensThought = rendered.stripTrailing().endsWith(THOUGHT);
        if (opensThought && !request.thinks()) {
            rendered += (rendered.endsWith("\n") ? "\n" : "\n\n") + THOUGHT_END + "\n\n";
        }
        List<Piece> pieces = pieces(input.tokenizer().encode(rendered), request.pictures(), input, limits);
        int length = pieces.stream().mapToInt(Piece::length).sum();
        if (length >= limits.contextTokens()) {
            throw ApiException.refused(
                    "messages",
                    "context_length_exceeded",
                    "the conversation has %d tokens, pictures included; there is room for %d with at least one for the answer: shorten it"
                            .formatted(length, limits.contextTokens()));
        }
        return new Prompt(pieces, length, opensThought && request.thinks());
    }

    /** Only we write the tokens that structure a conversation: nobody may forge a turn, or a picture that was not sent. */
    private static void refuseSpecial(Message message, ModelInput input) {
        for (Message.Part part : message.parts()) {
            if (part instanceof Message.Text(var text)) {
                Matcher found = SPECIAL.matcher(text);
                while (found.find()) {
                    if (input.tokenizer().id(found.group()).isPresent()) {
                        throw ApiException.refused(
                                "messages",
                                "invalid_value",
                                "a text may not hold the token %s, which structures conversations: leave it out"
                                        .formatted(found.group()));
                    }
                }
            }
        }
    }

    private static String rendered(List<Message> messages, ModelInput input) {
        try {
            return input.template().render(messages, ChatTemplate.Answer.EXPECTED);
        } catch (CheckpointException e) {
            throw ApiException.refused(
                    "messages", "invalid_value", "the model's chat template refuses the conversation");
        }
    }

    private static List<Piece> pieces(int[] tokens, List<byte[]> pictures, ModelInput input, ApiLimits limits) {
        List<Piece> pieces = new ArrayList<>();
        int next = 0;
        int from = 0;
        for (int i = 0; i <= tokens.length; i++) {
            boolean isPicture = i < tokens.length && tokens[i] == input.tokens().image();
            boolean isFull = i - from == limits.pieceTokens();
            if (i > from && (isPicture || isFull || i == tokens.length)) {
                pieces.add(new Piece.Text(Arrays.copyOfRange(tokens, from, i)));
                from = i;
            }
            if (isPicture) {
                pieces.add(picture(pictures.get(next), next, input));
                next++;
                from = i + 1;
            }
        }
        return pieces;
    }

    private static Piece picture(byte[] encoded, int index, ModelInput input) {
        synchronized (DECODING) {
            try (Frame frame = PictureFile.decode("number " + (index + 1), encoded, MOST_PIXELS)) {
                Patches patches = input.preprocessor().patches(frame.rgb(), frame.width(), frame.height());
                PictureSize size = input.preprocessor().resized(frame.width(), frame.height());
                int factor = input.preprocessor().factor();
                return new Piece.Picture(patches, size.width() / factor * (size.height() / factor));
            } catch (CameraException | IllegalArgumentException e) {
                throw ApiException.refused("messages", "invalid_image", String.valueOf(e.getMessage()));
            }
        }
    }
}

package goshawk.appliance.inspect;

import goshawk.appliance.engine.Engine;
import goshawk.trtbuild.Patches;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where the time of one part goes: a picture and one prompt, in the steps that {@link ModelInspector} takes. Belongs to
 * the engine's thread; engine and input stay the caller's.
 */
public final class SpeedTest {

    private final Engine engine;
    private final ModelInput input;
    private final Conversation conversation;

    /**
     * One part, in nanoseconds.
     *
     * @param pixels from RGB to patches
     * @param vision the vision tower
     * @param prefill what comes before the question, picture included
     * @param score the question, up to the logits of the verdict; with what is left of {@code vision} and {@code prefill} where the engine
     *     does not wait for its device
     * @param decode all decoded tokens, one after the other
     */
    public record Round(long pixels, long vision, long prefill, long score, long decode) {

        /** From the picture to the score. */
        public long scored() {
            return pixels + vision + prefill + score;
        }

        /** From the picture to the last decoded token. */
        public long explained() {
            return scored() + decode;
        }
    }

    public SpeedTest(Engine engine, ModelInput input, String question) {
        this.engine = engine;
        this.input = input;
        this.conversation = Conversation.about(input, question);
    }

    /** How many tokens stand for a picture of this size. */
    public int pictureTokens(byte[] rgb, int width, int height) {
        try (Engine.PictureFeatures seen = engine.see(input.preprocessor().patches(rgb, width, height))) {
            return seen.tokens();
        }
    }

    /** Tokens of the whole prompt for a picture that stands for {@code pictureTokens}; the ids another runtime must read. */
    public int[] prompt(int pictureTokens) {
        return IntStream.concat(Arrays.stream(prefix(pictureTokens)), Arrays.stream(conversation.question()))
                .toArray();
    }

    /** Tokens of what comes before the question in {@code prompt}. */
    public int prefixTokens(int[] prompt) {
        return prompt.length - conversation.question().length;
    }

    private int[] prefix(int pictureTokens) {
        int[] before = conversation.before().getFirst();
        int[] prefix = Arrays.copyOf(before, before.length + pictureTokens);
        Arrays.fill(
                prefix,
                before.length,
                before.length + pictureTokens,
                input.tokens().image());
        return prefix;
    }

    /**
     * @param rgb {@code width × height} pixels, 8-bit RGB
     * @param decoded tokens to decode greedily after the score, at least 0
     */
    public Round round(byte[] rgb, int width, int height, int decoded) {
        long start = System.nanoTime();
        Patches patches = input.preprocessor().patches(rgb, width, height);
        long prepared = System.nanoTime();
        try (Engine.PictureFeatures seen = engine.see(patches);
                Engine.Context nothing = engine.start()) {
            long looked = System.nanoTime();
            Engine.Context context = engine.show(nothing, prefix(seen.tokens()), List.of(seen));
            long read = System.nanoTime();
            try {
                Engine.Step step = engine.read(context, conversation.question(), List.of());
                context = replaced(context, step);
                long scored = System.nanoTime();
                for (int i = 0; i < decoded; i++) {
                    step = engine.read(context, new int[] {largest(step.logits())}, List.of());
                    context = replaced(context, step);
                }
                long end = System.nanoTime();
                return new Round(prepared - start, looked - prepared, read - looked, scored - read, end - scored);
            } finally {
                context.close();
            }
        }
    }

    private static Engine.Context replaced(Engine.Context old, Engine.Step step) {
        old.close();
        return step.context();
    }

    private static int largest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}

package goshawk.appliance.engine;

import goshawk.trtbuild.Patches;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Two engines of one checkpoint that are asked the same. Whoever uses the pair hears the reference alone, so the candidate
 * reads the tokens that the reference chose; how far its logits are from the reference's is kept, step by step.
 *
 * <p>Of the thread that opened both; they stay the caller's, who closes them after the pair's contexts and features.
 */
public final class EnginePair implements Engine {

    private final Engine reference;
    private final Engine candidate;
    private List<Distance> scored = new ArrayList<>();
    private List<Distance> read = new ArrayList<>();

    /**
     * How far the candidate's logits of one step are from the reference's.
     *
     * @param relativeError Euclidean norm of the difference as a part of the reference's; infinite where a logit is missing or
     *     not finite
     * @param isSameTop whether the likeliest token is the same
     */
    public record Distance(double relativeError, boolean isSameTop) {

        static Distance of(float[] reference, float[] candidate) {
            if (candidate.length != reference.length) {
                return new Distance(Double.POSITIVE_INFINITY, false);
            }
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < reference.length; i++) {
                double apart = (double) candidate[i] - reference[i];
                difference += apart * apart;
                norm += (double) reference[i] * reference[i];
            }
            double error = Math.sqrt(difference / norm);
            return new Distance(
                    Double.isFinite(error) ? error : Double.POSITIVE_INFINITY, top(reference) == top(candidate));
        }

        private static int top(float[] logits) {
            int top = 0;
            for (int i = 1; i < logits.length; i++) {
                top = logits[i] > logits[top] ? i : top;
            }
            return top;
        }
    }

    /**
     * @param scored of each continuation that was asked about
     * @param read of each reading, where an answer or a thought goes on; of what is shown nobody asks the logits
     */
    public record Heard(List<Distance> scored, List<Distance> read) {
        public Heard {
            scored = List.copyOf(scored);
            read = List.copyOf(read);
        }
    }

    public EnginePair(Engine reference, Engine candidate) {
        this.reference = reference;
        this.candidate = candidate;
    }

    /** What was heard since this was last asked. */
    public Heard heard() {
        var heard = new Heard(scored, read);
        scored = new ArrayList<>();
        read = new ArrayList<>();
        return heard;
    }

    /** The reference's. */
    @Override
    public EngineIdentity identity() {
        return reference.identity();
    }

    @Override
    public PictureFeatures see(Patches patches) {
        PictureFeatures seen = reference.see(patches);
        try {
            return new Seen(seen, candidate.see(patches));
        } catch (RuntimeException e) {
            seen.close();
            throw e;
        }
    }

    @Override
    public Context start() {
        Context nothing = reference.start();
        try {
            return new Said(nothing, candidate.start());
        } catch (RuntimeException e) {
            nothing.close();
            throw e;
        }
    }

    @Override
    public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        Said before = (Said) past;
        Context shown = reference.show(before.reference, tokens, own(pictures, Seen::reference));
        try {
            return new Said(shown, candidate.show(before.candidate, tokens, own(pictures, Seen::candidate)));
        } catch (RuntimeException e) {
            shown.close();
            throw e;
        }
    }

    private static List<PictureFeatures> own(List<PictureFeatures> pictures, Function<Seen, PictureFeatures> whose) {
        return pictures.stream().map(Seen.class::cast).map(whose).toList();
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        Said before = (Said) past;
        Step step = reference.read(before.reference, tokens, own(pictures, Seen::reference));
        try {
            Step other = candidate.read(before.candidate, tokens, own(pictures, Seen::candidate));
            var said = new Said(step.context(), other.context());
            read.add(Distance.of(step.logits(), other.logits()));
            return new Step(said, step.logits());
        } catch (RuntimeException e) {
            step.context().close();
            throw e;
        }
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        Said before = (Said) past;
        List<float[]> logits = reference.ask(before.reference, continuations);
        List<float[]> others = candidate.ask(before.candidate, continuations);
        for (int i = 0; i < continuations.size(); i++) {
            scored.add(Distance.of(logits.get(i), others.get(i)));
        }
        return logits;
    }

    /** Compared in the whole vocabulary. */
    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return ask(past, continuations).stream()
                .map(all -> Logits.of(FloatBuffer.wrap(all), tokens))
                .toList();
    }

    /** Closes neither. */
    @Override
    public void close() {
        // Both are the caller's.
    }

    private record Seen(PictureFeatures reference, PictureFeatures candidate) implements PictureFeatures {

        @Override
        public int tokens() {
            return reference.tokens();
        }

        @Override
        public void close() {
            try (candidate) {
                reference.close();
            }
        }
    }

    private record Said(Context reference, Context candidate) implements Context {

        @Override
        public int length() {
            return reference.length();
        }

        @Override
        public long bytes() {
            return reference.bytes() + candidate.bytes();
        }

        @Override
        public boolean isGone() {
            return reference.isGone() || candidate.isGone();
        }

        @Override
        public void close() {
            try (candidate) {
                reference.close();
            }
        }
    }
}

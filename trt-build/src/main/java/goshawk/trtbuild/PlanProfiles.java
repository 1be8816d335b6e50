package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.PlanBuilder.Sizes;
import java.util.ArrayList;
import java.util.List;

/** The sizes that plans are made for. Order counts: whoever runs a plan names a profile by its place. */
final class PlanProfiles {

    /** A usual conversation: a picture of a megapixel and what is said with it. */
    private static final int USUAL_CONTEXT = 1280;

    private static final int USUAL_PREFILL = 1024;
    private static final int USUAL_ASKED = 8;

    private final ModelConfig config;
    private final PlanLimits limits;

    PlanProfiles(ModelConfig config, PlanLimits limits) {
        this.config = config;
        this.limits = limits;
    }

    /** One: a frame of any size. */
    List<List<Sizes>> vision() {
        ModelConfig.Vision vision = config.vision();
        var patches = new Range((long) vision.merge() * vision.merge(), limits.patches(), limits.patches());
        long half = vision.headSize() / 2;
        return List.of(List.of(
                patches.by("pixel_values", vision.patchSize()),
                patches.by("position_index", 4),
                patches.by("position_weight", 4, 1),
                patches.by("cos", half),
                patches.by("sin", half)));
    }

    /** {@link Plan#DECODE}, then one for each number of tokens that are read, from {@link Plan#READ} on. */
    List<List<Sizes>> text() {
        long context = limits.contextTokens();
        var one = new Range(1, 1, 1);
        var none = new Range(0, 0, 0);
        var past = new Range(1, Math.min(USUAL_CONTEXT, context), context);
        var profiles = new ArrayList<List<Sizes>>();
        profiles.add(text(one, one, new Way(one, past), new Way(one, none)));
        for (int largest : limits.readTokens()) {
            boolean isPrefill = largest == limits.prefillTokens();
            // Eight prompts of 40 tokens are 320 of 512.
            long usual = isPrefill ? Math.min(USUAL_PREFILL, largest) : Math.ceilDiv(5 * largest, 8);
            var many = new Range(1, usual, largest);
            var before = new Range(0, isPrefill ? 0 : Math.min(USUAL_CONTEXT, context), context);
            var pictures = new Range(1, isPrefill ? Math.min(usual, context) : 1, context);
            profiles.add(text(many, pictures, new Way(none, none), new Way(many, before)));
        }
        return profiles;
    }

    /** Rows of one way's mask, and the past that they see. What is decoded has rows of the other way's too: they are not looked at. */
    private record Way(Range rows, Range past) {}

    private List<Sizes> text(Range tokens, Range seen, Way decode, Way read) {
        ModelConfig.Text text = config.text();
        boolean isOne = tokens.largest == 1;
        var sizes = new ArrayList<Sizes>();
        sizes.add(tokens.by("words", text.hidden()));
        sizes.add(new Sizes(
                "vision_features",
                new long[] {levels(), seen.smallest, text.hidden()},
                new long[] {levels(), seen.usual, text.hidden()},
                new long[] {levels(), seen.largest, text.hidden()}));
        sizes.add(tokens.by("vision_index"));
        sizes.add(tokens.by("vision_mask", 1));
        sizes.add(tokens.by("cos", text.headSize() / 2));
        sizes.add(tokens.by("sin", text.headSize() / 2));
        sizes.add(isOne ? tokens.by("logits_index") : new Range(1, USUAL_ASKED, limits.asked()).by("logits_index"));
        add(sizes, "decode", tokens, decode);
        add(sizes, "read", tokens, read);
        return sizes;
    }

    private void add(List<Sizes> sizes, String name, Range tokens, Way way) {
        Range rows = way.rows;
        Range past = way.past;
        sizes.add(new Sizes(
                name + "_mask",
                new long[] {1, 1, rows.smallest, past.smallest + tokens.smallest},
                new long[] {1, 1, rows.usual, past.usual + tokens.usual},
                new long[] {1, 1, rows.largest, past.largest + tokens.largest}));
        for (int layer = 0; layer < config.text().layers(); layer++) {
            sizes.add(past(name + "_key." + layer, past));
            sizes.add(past(name + "_value." + layer, past));
        }
    }

    private Sizes past(String input, Range tokens) {
        long heads = config.text().kvHeads();
        long size = config.text().headSize();
        return new Sizes(
                input,
                new long[] {1, heads, tokens.smallest, size},
                new long[] {1, heads, tokens.usual, size},
                new long[] {1, heads, tokens.largest, size});
    }

    private long levels() {
        return 1L + config.vision().taps().size();
    }

    private record Range(long smallest, long usual, long largest) {

        /** An input whose first size is of this range. */
        Sizes by(String input, long... rest) {
            return new Sizes(input, with(smallest, rest), with(usual, rest), with(largest, rest));
        }

        private static long[] with(long first, long[] rest) {
            long[] all = new long[1 + rest.length];
            all[0] = first;
            System.arraycopy(rest, 0, all, 1, rest.length);
            return all;
        }
    }
}

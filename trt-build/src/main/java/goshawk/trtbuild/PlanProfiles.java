package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.PlanBuilder.Sizes;
import java.util.ArrayList;
import java.util.List;

/** The sizes that plans are made for. Order counts: whoever runs a plan names a profile by its place. */
final class PlanProfiles {

    /** A usual conversation: a picture of a megapixel and what is said with it. */
    private static final int USUAL_CONTEXT = 1280;

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
        long room = (long) limits.contextBlocks() * PlanLimits.BLOCK;
        long blocks = limits.contextBlocks();
        var past = new Range(1, Math.min(Math.ceilDiv(USUAL_CONTEXT, PlanLimits.BLOCK), blocks), blocks);
        var profiles = new ArrayList<List<Sizes>>();
        profiles.add(text(one, new Decoded(one, past), new Way(one, none)));
        for (int largest : limits.readTokens()) {
            boolean isPicture = largest > PlanLimits.SOME;
            // Eight prompts of 40 tokens are 320 of 512.
            var many = new Range(1, isPicture ? largest : Math.ceilDiv(5 * largest, 8), largest);
            var before = new Range(0, isPicture ? 0 : Math.min(USUAL_CONTEXT, context), room);
            profiles.add(text(many, new Decoded(none, none), new Way(many, before)));
        }
        return profiles;
    }

    /** Tokens that are decoded, and the blocks that they see. */
    private record Decoded(Range tokens, Range blocks) {}

    /** Rows of the mask of those that are read, and the past that they see. What is decoded has rows too: they are not looked at. */
    private record Way(Range rows, Range past) {}

    private List<Sizes> text(Range tokens, Decoded decode, Way read) {
        ModelConfig.Text text = config.text();
        boolean isOne = tokens.largest == 1;
        var sizes = new ArrayList<Sizes>();
        sizes.add(tokens.by("words", text.hidden()));
        int taps = config.vision().taps().size();
        if (taps > 0) {
            sizes.add(tokens.behind(taps, "deep_features", text.hidden()));
        }
        sizes.add(tokens.by("cos", text.headSize() / 2));
        sizes.add(tokens.by("sin", text.headSize() / 2));
        sizes.add(isOne ? tokens.by("logits_index") : new Range(1, USUAL_ASKED, limits.asked()).by("logits_index"));
        addDecoded(sizes, decode);
        addRead(sizes, tokens, read);
        return sizes;
    }

    private void addDecoded(List<Sizes> sizes, Decoded decode) {
        Range tokens = decode.tokens;
        Range blocks = decode.blocks;
        sizes.add(new Sizes(
                "decode_mask",
                new long[] {1, blocks.smallest, 1, tokens.smallest, PlanLimits.BLOCK},
                new long[] {1, blocks.usual, 1, tokens.usual, PlanLimits.BLOCK},
                new long[] {1, blocks.largest, 1, tokens.largest, PlanLimits.BLOCK}));
        addPast(sizes, "decode", blocks, PlanLimits.BLOCK, config.text().headSize());
    }

    private void addRead(List<Sizes> sizes, Range tokens, Way read) {
        Range rows = read.rows;
        Range past = read.past;
        sizes.add(new Sizes(
                "read_mask",
                new long[] {1, 1, rows.smallest, past.smallest + tokens.smallest},
                new long[] {1, 1, rows.usual, past.usual + tokens.usual},
                new long[] {1, 1, rows.largest, past.largest + tokens.largest}));
        addPast(sizes, "read", past, config.text().headSize());
    }

    /** Keys and values of each layer, {@code [1, kv heads, past, rest]}. */
    private void addPast(List<Sizes> sizes, String way, Range past, long... rest) {
        for (int layer = 0; layer < config.text().layers(); layer++) {
            for (String kind : List.of("key", "value")) {
                sizes.add(past.of(
                        "%s_%s.%d".formatted(way, kind, layer), config.text().kvHeads(), rest));
            }
        }
    }

    private record Range(long smallest, long usual, long largest) {

        /** {@code [1, heads, of this range, rest]}. */
        Sizes of(String input, long heads, long... rest) {
            return new Sizes(
                    input,
                    with(1, with(heads, with(smallest, rest))),
                    with(1, with(heads, with(usual, rest))),
                    with(1, with(heads, with(largest, rest))));
        }

        /** {@code [first, of this range, rest]}. */
        Sizes behind(long first, String input, long... rest) {
            return new Sizes(
                    input,
                    with(first, with(smallest, rest)),
                    with(first, with(usual, rest)),
                    with(first, with(largest, rest)));
        }

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

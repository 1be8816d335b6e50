package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.PlanBuilder.Sizes;
import java.util.ArrayList;
import java.util.List;

/** The sizes that plans are made for. Order counts: whoever runs a plan names a profile by its place. */
final class PlanProfiles {

    private static final int USUAL_ASKED = 8;

    private static final Range ONE = new Range(1, 1, 1);

    private final ModelConfig config;
    private final PlanLimits limits;
    private final boolean decodes;

    /** @param decodes whether the text's plan computes single tokens, too */
    PlanProfiles(ModelConfig config, PlanLimits limits, boolean decodes) {
        this.config = config;
        this.limits = limits;
        this.decodes = decodes;
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

    /**
     * One for each number of tokens that are read, and behind them, if the plan decodes, one for a single token. What came before is no
     * size: each profile is for any past.
     */
    List<List<Sizes>> text() {
        var profiles = new ArrayList<List<Sizes>>();
        for (int largest : limits.readTokens()) {
            // Eight prompts of 40 tokens are 320 of 512.
            long usual = largest > PlanLimits.SOME ? largest : Math.ceilDiv(5 * largest, 8);
            profiles.add(text(new Range(1, usual, largest), new Range(1, USUAL_ASKED, limits.asked())));
        }
        if (decodes) {
            profiles.add(text(ONE, ONE));
        }
        return profiles;
    }

    private List<Sizes> text(Range rows, Range asked) {
        ModelConfig.Text text = config.text();
        var sizes = new ArrayList<Sizes>();
        sizes.add(rows.by("words", text.hidden()));
        int taps = config.vision().taps().size();
        if (taps > 0) {
            sizes.add(rows.behind(taps, "deep_features", text.hidden()));
        }
        sizes.add(rows.by("cos", text.headSize() / 2));
        sizes.add(rows.by("sin", text.headSize() / 2));
        sizes.add(new Sizes("sees", sees(rows.smallest), sees(rows.usual), sees(rows.largest)));
        sizes.add(asked.by("logits_index"));
        return sizes;
    }

    private static long[] sees(long rows) {
        return new long[] {rows, PlanLimits.seesWords(rows)};
    }

    private record Range(long smallest, long usual, long largest) {

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

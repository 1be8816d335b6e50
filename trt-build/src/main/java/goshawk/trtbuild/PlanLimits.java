package goshawk.trtbuild;

/**
 * The largest sizes that plans compute.
 *
 * @param contextTokens keys and values of so many tokens
 * @param prefillTokens read in one pass
 * @param patches of one picture, or one step of a film
 * @param asked tokens of one pass of which the logits are told
 */
public record PlanLimits(int contextTokens, int prefillTokens, int patches, int asked) {

    private static final int ASKED = 64;

    static PlanLimits of(ModelConfig config, GpuProfile profile) {
        int side = GpuProfile.PICTURE_SIDE / config.vision().patch();
        int known = config.text().maxPositions();
        return new PlanLimits(
                Math.min(profile.contextTokens(), known), Math.min(profile.prefillTokens(), known), side * side, ASKED);
    }
}

package goshawk.camera.sim;

/**
 * What to render.
 *
 * @param nuisance whether oil, glare, swarf, dust and water marks are drawn; the part below is the same either way
 * @param writing share of the parts, 0 to 1 and whatever their kind, that words are written or stuck on
 */
public record RenderOptions(KindMix mix, boolean nuisance, double writing) {

    /** Share of parts with words on them where there is nuisance at all. */
    public static final double USUAL_WRITING = 0.03;

    public static final RenderOptions USUAL = new RenderOptions(KindMix.USUAL, true);

    public RenderOptions {
        if (!(writing >= 0 && writing <= 1)) {
            throw new IllegalArgumentException("the share of parts with writing must be from 0 to 1: " + writing);
        }
    }

    public RenderOptions(KindMix mix, boolean nuisance) {
        this(mix, nuisance, nuisance ? USUAL_WRITING : 0);
    }
}

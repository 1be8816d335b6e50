package goshawk.camera.sim;

/**
 * What to render.
 *
 * @param nuisance whether oil, glare, swarf, dust and water marks are drawn; the part below is the same either way
 */
public record RenderOptions(KindMix mix, boolean nuisance) {

    public static final RenderOptions USUAL = new RenderOptions(KindMix.USUAL, true);
}

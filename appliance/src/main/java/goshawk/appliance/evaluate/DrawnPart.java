package goshawk.appliance.evaluate;

import goshawk.camera.Frame;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.util.Locale;
import java.util.Optional;

/**
 * A golden part that is drawn when it is wanted.
 *
 * @param kinds the mix that it comes from, as {@link KindMix#parse} reads it
 * @param isWrittenOn whether it is also shown with words on it
 */
record DrawnPart(long seed, int index, String kinds, boolean isWrittenOn) implements GoldenPart {

    static final String PRESENTATIONS =
            "the same part, laid down anew: another place and turn, another light, another noise";

    @Override
    public Shown show(int presentation) {
        return shown(BracketRenderer.again(seed, index, options(0), presentation));
    }

    @Override
    public Optional<Shown> written() {
        return isWrittenOn ? Optional.of(shown(BracketRenderer.render(seed, index, options(1)))) : Optional.empty();
    }

    private RenderOptions options(double writing) {
        return new RenderOptions(KindMix.parse(kinds), true, writing);
    }

    private Shown shown(SimulatedPart part) {
        String file = String.format(Locale.ROOT, "part-%06d", index);
        return new Shown(KnownPart.of(file, part.truth()), Frame.of(part.width(), part.height(), part.rgb()));
    }
}

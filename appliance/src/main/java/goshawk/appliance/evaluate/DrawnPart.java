package goshawk.appliance.evaluate;

import goshawk.camera.Frame;
import goshawk.camera.Views;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedLight;
import goshawk.camera.sim.SimulatedPart;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A golden part that is drawn when it is wanted.
 *
 * @param views that it is drawn in, one or as the renderer's lights are called
 * @param kinds the mix that it comes from, as {@link KindMix#parse} reads it
 * @param isWrittenOn whether it is also shown with words on it
 */
record DrawnPart(List<String> views, long seed, int index, String kinds, boolean isWrittenOn) implements GoldenPart {

    static final String PRESENTATIONS =
            "the same part, laid down anew: another place and turn, another light, another noise";

    @Override
    public Shown show(int presentation) {
        return shown(options(0), presentation);
    }

    @Override
    public Optional<Shown> written() {
        return isWrittenOn ? Optional.of(shown(options(1), 0)) : Optional.empty();
    }

    private RenderOptions options(double writing) {
        return new RenderOptions(KindMix.parse(kinds), true, writing);
    }

    private Shown shown(RenderOptions options, int presentation) {
        SimulatedPart part = BracketRenderer.again(seed, index, options, presentation);
        String file = String.format(Locale.ROOT, "part-%06d", index);
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        for (String view : views) {
            SimulatedPart lit = view.equals(Views.ONLY)
                    ? part
                    : BracketRenderer.under(SimulatedLight.named(view), seed, index, options, presentation);
            frames.put(view, Frame.of(lit.width(), lit.height(), lit.rgb()));
        }
        return new Shown(KnownPart.of(file, part.truth()), Views.of(frames));
    }
}

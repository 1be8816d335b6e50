package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Light;
import goshawk.camera.sim.Scene.Lighting;
import goshawk.camera.sim.Scene.Optics;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The lights that the simulated station has. Each is the same lamps' model over the same part, from other places. */
public enum SimulatedLight {

    /** Two lamps well above the plate, dome and ring: level metal shines. What nano was trained with. */
    BRIGHT,

    /**
     * Dark field: a low ring all around is nearly all the light, lamps and dome are almost off. Level metal sends the ring's light past
     * the camera and is dark; walls and edges, as scratches, dents and heads have them, shine.
     */
    DARK;

    private static final double RING = 0.8;
    private static final double RING_AND = 0.4;
    private static final double LAMPS = 0.08;
    private static final double DOME = 0.25;
    private static final double EXPOSURE = 0.85;
    private static final long OTHER_NOISE = 0x5DA4;

    /** As station and recipe files call it. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException when there is none of this name */
    public static SimulatedLight named(String code) {
        return Arrays.stream(values())
                .filter(light -> light.code().equals(code))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "the simulated station has no light '%s'; it has %s".formatted(code, codes())));
    }

    /** The names of all. */
    public static List<String> codes() {
        return Arrays.stream(values()).map(SimulatedLight::code).toList();
    }

    /** The same camera, with this light. */
    Optics over(Optics bright) {
        return switch (this) {
            case BRIGHT -> bright;
            case DARK -> {
                Lighting from = bright.lighting();
                var lighting = new Lighting(
                        dimmed(from.key()), dimmed(from.fill()), from.dome() * DOME, RING + RING_AND * from.ring());
                yield new Optics(
                        bright.lens(), lighting, bright.exposure().times(EXPOSURE), bright.noiseSeed() ^ OTHER_NOISE);
            }
        };
    }

    private static Light dimmed(Light lamp) {
        return new Light(lamp.x(), lamp.y(), lamp.strength() * LAMPS, lamp.near());
    }
}

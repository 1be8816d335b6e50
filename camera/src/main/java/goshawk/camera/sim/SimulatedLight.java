package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Light;
import goshawk.camera.sim.Scene.Optics;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The lights that the simulated station has. Each is the same lamps' model over the same part, from other places. */
public enum SimulatedLight {

    /** Two lamps well above the plate, dome and ring: level metal shines. What nano was trained with. */
    BRIGHT,

    /**
     * Dark field: both lamps almost in the plane of the plate, dome and ring nearly off. Level metal sends their light past the camera
     * and is dark; whatever has a wall or an edge, as scratches, dents and heads do, shines on it.
     */
    DARK;

    /** Sine of the lamps' angle from the axis. */
    private static final double GRAZING = 0.93;

    private static final double KEY = 1.9;
    private static final double FILL = 2.6;
    private static final double DOME = 0.1;
    private static final double RING = 0.15;
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
            case DARK ->
                bright.lit(
                        grazing(bright.key(), KEY),
                        grazing(bright.fill(), FILL),
                        bright.dome() * DOME,
                        bright.ring() * RING,
                        bright.noiseSeed() ^ OTHER_NOISE);
        };
    }

    private static Light grazing(Light lamp, double brighter) {
        double tilt = Math.sqrt(lamp.x() * lamp.x() + lamp.y() * lamp.y());
        return new Light(lamp.x() / tilt * GRAZING, lamp.y() / tilt * GRAZING, lamp.strength() * brighter, lamp.near());
    }
}

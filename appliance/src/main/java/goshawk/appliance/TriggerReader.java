package goshawk.appliance;

import goshawk.appliance.control.ModbusTriggers;
import goshawk.appliance.recipe.Section;
import goshawk.camera.Matching;
import goshawk.camera.PartDetection;
import goshawk.camera.Region;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The section {@code trigger} of a station's file. */
record TriggerReader(Section root, Path folder) {

    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Duration LEAST = Duration.ofMillis(1);
    private static final Duration WITHIN = Duration.ofSeconds(2);

    /** Modbus's own, 502, wants rights that a station need not have. */
    private static final int MODBUS_PORT = 1_502;

    private static final int MOST_PIXELS = 100_000;

    private enum Kind {
        TAKT,
        MQTT,
        MODBUS,
        DETECTION,
        ENCODER,
        CAMERA
    }

    private enum Match {
        FIRST,
        TIME,
        NUMBER,
        BOTH
    }

    /** Once a takt and the first picture after it, when the file says nothing. */
    TriggerConfig trigger() {
        return root.optionalSection("trigger")
                .flatMap(section -> section.make(() -> trigger(section)))
                .orElseGet(() -> new TriggerConfig(new TriggerConfig.Origin.Takt(), new Matching.FirstAfter(WITHIN)));
    }

    private TriggerConfig trigger(Section section) {
        return new TriggerConfig(origin(section), matching(section));
    }

    private TriggerConfig.Origin origin(Section section) {
        return switch (section.choice("kind", Kind.class)) {
            case TAKT -> new TriggerConfig.Origin.Takt();
            case MQTT ->
                new TriggerConfig.Origin.Mqtt(section.duration("debounce", Duration.ZERO, LONGEST, Duration.ZERO));
            case MODBUS -> new TriggerConfig.Origin.Modbus(modbus(section));
            case DETECTION -> new TriggerConfig.Origin.Detection(detection(section));
            case ENCODER ->
                new TriggerConfig.Origin.Encoder(
                        folder.resolve(section.text("count")), section.whole("distance", 1, Integer.MAX_VALUE));
            case CAMERA -> new TriggerConfig.Origin.CameraLine();
        };
    }

    private static ModbusTriggers.Settings modbus(Section section) {
        return new ModbusTriggers.Settings(
                section.text("host", "127.0.0.1"),
                section.whole("port", 1, 65_535, MODBUS_PORT),
                section.choice("part", ModbusTriggers.Naming.class, ModbusTriggers.Naming.TEXT));
    }

    private static PartDetection detection(Section section) {
        List<Integer> edges = section.wholes("region", 4, 0, MOST_PIXELS);
        Optional<Region> region = section.make(() -> edges.size() == 4
                ? new Region(edges.get(0), edges.get(1), edges.get(2), edges.get(3))
                : new Region(0, 0, 1, 1));
        return new PartDetection(
                region.orElseGet(() -> new Region(0, 0, 1, 1)),
                section.number("enter", 0, 255, 30),
                section.number("leave", 0, 255, 15),
                section.whole("pictures", 1, 1_000, 2));
    }

    private static Matching matching(Section section) {
        Duration within = section.duration("within", LEAST, LONGEST, WITHIN);
        return switch (section.choice("match", Match.class, Match.FIRST)) {
            case FIRST -> new Matching.FirstAfter(within);
            case TIME -> time(section, within);
            case NUMBER -> new Matching.ByNumber(within);
            case BOTH -> new Matching.Agreed(time(section, within));
        };
    }

    private static Matching.ByTime time(Section section, Duration within) {
        return new Matching.ByTime(
                section.duration("before", Duration.ZERO, LONGEST),
                section.duration("after", Duration.ZERO, LONGEST),
                section.duration("delay", Duration.ZERO, LONGEST, Duration.ZERO),
                within);
    }
}

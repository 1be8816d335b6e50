package goshawk.appliance.publish;

import java.nio.charset.StandardCharsets;

/**
 * The station's place in the plant's name space.
 *
 * @param prefix levels parted by {@code /}, for example {@code goshawk/plant1/area1/line1/station1}
 */
public record Topics(String prefix) {

    /** Room for our own levels in the 65,535 bytes that MQTT gives a topic; far more than anybody reads. */
    private static final int LONGEST = 1_024;

    public Topics {
        if (prefix.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
            throw new IllegalArgumentException("topic prefix is longer than %d bytes".formatted(LONGEST));
        }
        for (String level : prefix.split("/", -1)) {
            if (level.isEmpty()) {
                throw new IllegalArgumentException(
                        "topic prefix '%s' has an empty level: write enterprise/site/area/line/station"
                                .formatted(prefix));
            }
            level.chars()
                    .filter(c ->
                            c == '+' || c == '#' || c == '$' || Character.isWhitespace(c) || Character.isISOControl(c))
                    .findFirst()
                    .ifPresent(c -> {
                        throw new IllegalArgumentException(
                                "topic prefix '%s': level '%s' holds '%s'; no spaces, +, # or $"
                                        .formatted(prefix, level, Character.toString(c)));
                    });
        }
    }

    /** Verdicts: QoS 1, not retained. */
    public String verdict() {
        return prefix + "/verdict";
    }

    /** Whether the station is there: retained, with a last will. */
    public String state() {
        return prefix + "/state";
    }

    /** Triggers that a controller sends: QoS 1, not retained. */
    public String trigger() {
        return prefix + "/command/trigger";
    }
}

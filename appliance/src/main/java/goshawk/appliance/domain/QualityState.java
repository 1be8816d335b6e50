package goshawk.appliance.domain;

import goshawk.camera.PictureQuality.Measure;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How the pictures of the last while are.
 *
 * @param commissioning pictures that the commissioning still takes; 0 when it is over
 * @param recent of the measures that the recipe bounds, smoothed; empty before the first picture
 * @param alarms what is on its way to cost parts, in words; empty while all is well
 */
public record QualityState(int commissioning, Map<Measure, Double> recent, Map<Measure, String> alarms) {

    public QualityState {
        recent = copied(recent);
        alarms = copied(alarms);
    }

    private static <T> Map<Measure, T> copied(Map<Measure, T> values) {
        Map<Measure, T> copy = new EnumMap<>(Measure.class);
        copy.putAll(values);
        return Collections.unmodifiableMap(copy);
    }

    /** The alarms' words. */
    public List<String> said() {
        return List.copyOf(alarms.values());
    }
}

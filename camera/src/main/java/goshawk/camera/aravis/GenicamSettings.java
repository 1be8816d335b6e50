package goshawk.camera.aravis;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Which camera, and how it is to be set.
 *
 * @param camera what names it: see {@link GenicamCameras#find}
 * @param features values of features, set in this order and read back: a selector stands before what it selects. A command's
 *     value is {@code execute}
 */
public record GenicamSettings(String camera, SequencedMap<String, String> features) {

    public GenicamSettings {
        if (camera.isBlank()) {
            throw new IllegalArgumentException("a GenICam camera is named by its serial number, address or id");
        }
        features = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(features));
    }

    /** The camera as it is. */
    public static GenicamSettings of(String camera) {
        return new GenicamSettings(camera, new LinkedHashMap<>());
    }

    /** True when the camera exposes at a trigger and not by itself. */
    public boolean isTriggered() {
        return "On".equals(features.get("TriggerMode"));
    }

    /** True when the trigger comes from this program. */
    public boolean isSoftwareTriggered() {
        return isTriggered() && "Software".equals(features.get("TriggerSource"));
    }
}

package goshawk.camera;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * A light of a station whose one camera takes a picture under each.
 *
 * @param view what the picture under it is called
 * @param features of the camera that are set before its picture; empty where lights follow each other by themselves
 */
public record StationLight(String view, SequencedMap<String, String> features) {

    public StationLight {
        features = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(features));
    }
}

package goshawk.appliance;

import goshawk.appliance.control.ModbusTriggers;
import goshawk.camera.Matching;
import goshawk.camera.PartDetection;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What triggers a camera that is connected all the time: the section {@code trigger} of a station's file.
 *
 * @param matching how a picture finds its trigger
 */
record TriggerConfig(Origin origin, Matching matching) {

    /** What says that a part is in view. */
    sealed interface Origin {

        /** Nobody: once a takt. */
        record Takt() implements Origin {}

        /** Messages through the station's broker. */
        record Mqtt(Duration debounce) implements Origin {}

        /** A controller that writes registers over Modbus TCP. */
        record Modbus(ModbusTriggers.Settings settings) implements Origin {}

        /** The pictures themselves. */
        record Detection(PartDetection detection) implements Origin {}

        /** The belt's encoder, which Linux counts in {@code file}, every {@code distance} counts. */
        record Encoder(Path file, long distance) implements Origin {}

        /** The part's sensor is wired to the camera. */
        record CameraLine() implements Origin {}
    }
}

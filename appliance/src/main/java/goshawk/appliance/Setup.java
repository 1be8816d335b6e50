package goshawk.appliance;

import goshawk.appliance.domain.PartGate;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.Topics;
import goshawk.camera.FramePools;
import goshawk.camera.FrameSource;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a station is made of.
 *
 * @param camera opened when the engine is ready, on the line's thread
 * @param frames parts whose pictures may wait for the line, beside the one in hand
 * @param order the work order, empty when the station does not know it
 * @param data folder of {@code goshawk.db} and {@code images/}
 * @param verification newest of the recipe on the engine, passed or not; empty when there is none
 * @param host the dashboard's address
 * @param port the dashboard's port, 0 for any free one
 */
record Setup(
        Recipe recipe,
        Camera camera,
        int frames,
        PartGate gate,
        boolean isSimulated,
        boolean isMonitorOnly,
        String order,
        Shifts shifts,
        Path data,
        BrokerAddress broker,
        Topics topics,
        Optional<Verification> verification,
        String host,
        int port,
        Network network) {

    /** The store, in the data folder. */
    static final String DATABASE = "goshawk.db";

    /** Opens the station's camera. */
    interface Camera {

        /** @param pools take the pictures, one for each view; they outlive the source */
        FrameSource open(FramePools pools);
    }

    Path database() {
        return data.resolve(DATABASE);
    }

    Path images() {
        return data.resolve("images");
    }
}

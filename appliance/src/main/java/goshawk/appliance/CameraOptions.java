package goshawk.appliance;

import goshawk.camera.CameraWatch;
import goshawk.camera.aravis.GenicamSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which camera a command is about, and how it is set. */
final class CameraOptions {

    @Parameters(
            paramLabel = "CAMERA",
            description = "Serial number, IP address or id of a GenICam camera, or a device like /dev/video0.")
    private String camera = "";

    @Option(
            names = "--set",
            paramLabel = "FEATURE=VALUE",
            description = "Feature of a GenICam camera, set before and read back; may be repeated, in this order.")
    private Map<String, String> features = new LinkedHashMap<>();

    String camera() {
        return camera;
    }

    boolean isGenicam() {
        return !camera.startsWith("/");
    }

    GenicamSettings genicam() {
        SequencedMap<String, String> inOrder = new LinkedHashMap<>(features);
        return new GenicamSettings(camera, inOrder);
    }

    /** Connects to it, for its pictures. */
    CameraWatch open() {
        if (isGenicam()) {
            return CameraWatch.genicam(genicam());
        }
        if (!features.isEmpty()) {
            throw new CommandException("--set is for GenICam cameras; %s is set with: v4l2-ctl -d %s --list-ctrls"
                    .formatted(camera, camera));
        }
        return CameraWatch.v4l2(Path.of(camera));
    }
}

package goshawk.appliance;

import goshawk.camera.CameraException;
import goshawk.camera.aravis.GenicamCamera;
import goshawk.camera.aravis.GenicamCameras;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "The cameras that this machine reaches: GigE Vision, USB3 Vision and V4L2.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all kinds were looked for", "1:one kind could not be; it says why"})
final class CameraListCommand implements Callable<Integer> {

    private static final int INCOMPLETE = 1;

    @Override
    public Integer call() {
        boolean isComplete = true;
        int found = 0;
        try {
            List<GenicamCamera> cameras = GenicamCameras.list();
            cameras.forEach(it -> System.out.println(line(it)));
            found += cameras.size();
        } catch (CameraException e) {
            System.err.println("goshawk: " + e.getMessage());
            isComplete = false;
        }
        List<V4l2Devices.Device> devices = V4l2Devices.list();
        devices.forEach(it -> System.out.println("v4l2     %-16s %s".formatted(it.file(), it.name())));
        found += devices.size();
        if (found == 0) {
            System.out.println(
                    "No camera found. GigE Vision: is it in this machine's subnet? rtsp cameras are not searched for.");
        }
        return isComplete ? ExitCode.OK : INCOMPLETE;
    }

    private static String line(GenicamCamera camera) {
        return "genicam  %-16s %s %s, serial number %s, %s, %s"
                .formatted(
                        camera.address(),
                        camera.vendor(),
                        camera.model(),
                        camera.serial(),
                        camera.protocol(),
                        camera.physicalId());
    }
}

package goshawk.appliance;

import goshawk.camera.V4l2Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The cameras that Linux has a device file for. A driver's files that give no pictures are none: displays, what tells of pictures. */
final class V4l2Devices {

    private static final Path LINUX = Path.of("/sys/class/video4linux");

    private V4l2Devices() {}

    /**
     * @param file for example {@code /dev/video0}
     * @param name what the driver calls it
     */
    record Device(Path file, String name) {}

    static List<Device> list() {
        return list(LINUX, V4l2Devices::mayGivePictures);
    }

    /**
     * The same.
     *
     * @param folder with a folder for each device; none when it does not exist
     * @param isCamera asked of each device file
     */
    static List<Device> list(Path folder, Predicate<Path> isCamera) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> devices = Files.list(folder)) {
            return devices.filter(it -> it.getFileName().toString().startsWith("video")) // not radio, not teletext
                    .sorted()
                    .map(it -> new Device(Path.of("/dev").resolve(it.getFileName()), name(it.resolve("name"))))
                    .filter(it -> isCamera.test(it.file()))
                    .toList();
        } catch (IOException e) {
            throw new CommandException("cannot read %s (%s); may you read it?".formatted(folder, e), e);
        }
    }

    /** Also one that cannot be asked: whoever looks for a camera is to see it. */
    private static boolean mayGivePictures(Path file) {
        return V4l2Capability.of(file).map(V4l2Capability::capturesPictures).orElse(true);
    }

    private static String name(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "no name"; // unplugged meanwhile
        }
    }
}

package goshawk.appliance.evaluate;

import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * A picture of a part, whatever is true of it.
 *
 * @param name of its file, without the folder
 * @param frame closed with it
 */
public record ShownPicture(String name, Frame frame) implements AutoCloseable {

    /** Pictures that are read, or drawn, when each is wanted; reading may fail with a {@link goshawk.camera.CameraException}. */
    public static List<Supplier<ShownPicture>> of(List<Path> files) {
        return files.stream().map(ShownPicture::of).toList();
    }

    private static Supplier<ShownPicture> of(Path file) {
        return () -> new ShownPicture(String.valueOf(file.getFileName()), PictureFile.read(file));
    }

    /** As {@link #of(List)}, of the parts of a golden set, each as it is first shown. */
    public static List<Supplier<ShownPicture>> of(GoldenParts parts) {
        return parts.parts().stream().map(ShownPicture::of).toList();
    }

    private static Supplier<ShownPicture> of(GoldenPart part) {
        return () -> {
            GoldenPart.Shown shown = part.show(0);
            return new ShownPicture(shown.known().file(), shown.frame());
        };
    }

    @Override
    public void close() {
        frame.close();
    }
}

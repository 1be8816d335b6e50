package goshawk.appliance.evaluate;

import goshawk.camera.PartFiles;
import goshawk.camera.Views;
import java.util.List;
import java.util.function.Supplier;

/**
 * A part's pictures, whatever is true of it.
 *
 * @param name of its first view's file, without the folder
 * @param views closed with it
 */
public record ShownPicture(String name, Views views) implements AutoCloseable {

    /** Pictures that are read, or drawn, when each is wanted; reading may fail with a {@link goshawk.camera.CameraException}. */
    public static List<Supplier<ShownPicture>> of(List<PartFiles> files) {
        return files.stream().map(ShownPicture::of).toList();
    }

    private static Supplier<ShownPicture> of(PartFiles part) {
        return () -> new ShownPicture(String.valueOf(part.first().getFileName()), part.read());
    }

    /** As {@link #of(List)}, of the parts of a golden set, each as it is first shown. */
    public static List<Supplier<ShownPicture>> of(GoldenParts parts) {
        return parts.parts().stream().map(ShownPicture::of).toList();
    }

    private static Supplier<ShownPicture> of(GoldenPart part) {
        return () -> {
            GoldenPart.Shown shown = part.show(0);
            return new ShownPicture(shown.known().file(), shown.views());
        };
    }

    @Override
    public void close() {
        views.close();
    }
}

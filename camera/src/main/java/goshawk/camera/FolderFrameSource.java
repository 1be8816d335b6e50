package goshawk.camera;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The pictures of a folder in the order of their names, one a trigger; the part is called as the file, without its
 * suffix. A picture that cannot be read is a part that was not seen. Ends with the last picture.
 */
public final class FolderFrameSource implements FrameSource {

    private final Iterator<Path> pictures;
    private final FramePool pool;
    private final Pace pace;
    private long index;

    private FolderFrameSource(List<Path> pictures, FramePool pool, Pace pace) {
        this.pictures = pictures.iterator();
        this.pool = pool;
        this.pace = pace;
    }

    /**
     * @param folder its own PNG, JPEG, BMP and TIFF files are taken, not those of its folders
     * @param period from trigger to trigger; zero triggers whenever the line asks
     * @throws CameraException when there is no such folder, or no picture in it
     */
    public static FolderFrameSource open(Path folder, FramePool pool, Duration period) {
        try (var files = Files.list(folder)) {
            List<Path> pictures =
                    files.filter(PictureFile::isPictureName).sorted().toList();
            if (pictures.isEmpty()) {
                throw new CameraException(
                        "folder " + folder + " holds no picture; give one with PNG, JPEG, BMP or TIFF files");
            }
            return new FolderFrameSource(pictures, pool, new Pace(period));
        } catch (IOException e) {
            throw new CameraException("cannot read folder " + folder + "; check that it exists and its rights", e);
        }
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        if (!pictures.hasNext()) {
            return Optional.empty();
        }
        long atNanos = pace.await();
        Path file = pictures.next();
        String name = String.valueOf(file.getFileName());
        var trigger = new Trigger(
                ++index,
                name.substring(0, name.lastIndexOf('.')),
                InstantSource.system().instant(),
                atNanos);
        return Optional.of(capture(file, trigger));
    }

    private Capture capture(Path file, Trigger trigger) {
        try {
            Optional<PictureFile.Picture> picture = PictureFile.picture(file, pool);
            return picture.isPresent()
                    ? new Capture.Image(
                            trigger, picture.get().frame(), picture.get().isSimulated())
                    : new Capture.Missed(
                            trigger, Cause.OVERRUN, "every frame was in use", PictureFile.isSimulated(file));
        } catch (CameraException e) {
            return new Capture.Missed(trigger, Cause.UNREADABLE, String.valueOf(e.getMessage()), false);
        }
    }

    /** Nothing is held open. */
    @Override
    public void close() {}
}

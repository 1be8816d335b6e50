package goshawk.camera;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The pictures of a folder in the order of their names, one part a trigger; the part is called as the file, without its
 * suffix and its view. A picture that is not there or cannot be read is a part that was not seen. Ends with the last part.
 */
public final class FolderFrameSource implements FrameSource {

    private final Iterator<PartFiles> parts;
    private final FramePool pool;
    private final Pace pace;
    private long index;

    private FolderFrameSource(List<PartFiles> parts, FramePool pool, Pace pace) {
        this.parts = parts.iterator();
        this.pool = pool;
        this.pace = pace;
    }

    /**
     * One picture a part.
     *
     * @param folder its own PNG, JPEG, BMP and TIFF files are taken, not those of its folders
     * @param period from trigger to trigger; zero triggers whenever the line asks
     * @throws CameraException when there is no such folder, or no picture in it
     */
    public static FolderFrameSource open(Path folder, FramePool pool, Duration period) {
        return open(folder, List.of(Views.ONLY), pool, period);
    }

    /**
     * A picture of each view, {@code PART.VIEW.png}.
     *
     * @param views by name
     * @throws CameraException also when a picture is of none of the views
     */
    public static FolderFrameSource open(Path folder, List<String> views, FramePool pool, Duration period) {
        return new FolderFrameSource(PartFiles.in(folder, views), pool, new Pace(period));
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        if (!parts.hasNext()) {
            return Optional.empty();
        }
        long atNanos = pace.await();
        PartFiles part = parts.next();
        var trigger = new Trigger(++index, part.part(), InstantSource.system().instant(), atNanos);
        return Optional.of(capture(part, trigger));
    }

    private Capture capture(PartFiles part, Trigger trigger) {
        var views = new PartViews();
        boolean isSimulated = false;
        for (String view : part.files().keySet()) {
            try {
                Optional<PictureFile.Picture> picture = part.read(view, pool);
                if (picture.isPresent()) {
                    views.whole(view, picture.get().frame());
                    isSimulated |= picture.get().isSimulated();
                } else {
                    views.missing(view, Cause.OVERRUN, "every frame was in use");
                    isSimulated |= PictureFile.isSimulated(part.first());
                }
            } catch (CameraException e) {
                views.missing(view, Cause.UNREADABLE, String.valueOf(e.getMessage()));
            }
        }
        return views.capture(trigger, isSimulated);
    }

    /** Nothing is held open. */
    @Override
    public void close() {}
}

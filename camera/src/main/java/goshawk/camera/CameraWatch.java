package goshawk.camera;

import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.StreamCounters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Looks at a camera for people and for measurements: takes every picture into a frame, as a line would, and counts. Used by
 * one thread.
 */
public final class CameraWatch implements AutoCloseable {

    private final PictureStream stream;
    private final Supplier<FramePool> pools;
    private Optional<FramePool> pool = Optional.empty();
    private Counts counts = Counts.NONE;

    /** @param pools makes the place for one frame, when a picture is there */
    private CameraWatch(PictureStream stream, Supplier<FramePool> pools) {
        this.stream = stream;
        this.pools = pools;
    }

    /**
     * @param frames pictures that became a frame
     * @param refused pictures that did not, because they were incomplete or cannot be read
     * @param width of the last picture, in pixels
     * @param link what a GenICam camera's stream counts besides; empty for other cameras
     * @param fault why the last one was refused
     */
    public record Counts(
            long frames, long refused, int width, int height, Optional<StreamCounters> link, Optional<String> fault) {

        private static final Counts NONE = new Counts(0, 0, 0, 0, Optional.empty(), Optional.empty());
    }

    /** @throws CameraException when it is not there, is somebody else's or cannot do what is asked */
    public static CameraWatch genicam(GenicamSettings settings) {
        GenicamPictureStream stream = GenicamPictureStream.open(settings);
        return new CameraWatch(stream, () -> new FramePool(1, stream.bytes()));
    }

    /** @throws CameraException when there is no such device, or it gives no pictures */
    public static CameraWatch v4l2(Path device) {
        if (!Files.exists(device)) {
            throw new CameraException("there is no camera at " + device + "; list them: ./goshawk camera list");
        }
        FfmpegPictureStream.loadDevices();
        FfmpegPictureStream stream = FfmpegPictureStream.open(
                "camera " + device, device.toString(), "v4l2", Map.of(), FfmpegPictureStream.Kind.LIVE);
        return new CameraWatch(stream, stream::pool);
    }

    /**
     * Takes pictures for a while; a camera that gives none is waited for.
     *
     * @return what was counted since the beginning
     * @throws CameraException when the camera is lost
     */
    public Counts watch(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end && !Thread.currentThread().isInterrupted() && stream.advance()) {
            try (Frame frame = frame()) {
                counts = counted(frame);
            } catch (CameraException e) {
                counts = refused(String.valueOf(e.getMessage()));
            }
        }
        return counts;
    }

    /**
     * Waits for one whole picture.
     *
     * @return handed over: the receiver closes it
     * @throws CameraException when the camera is lost
     */
    public Frame picture() {
        while (stream.advance()) {
            try {
                Frame frame = frame();
                counts = counted(frame);
                return frame;
            } catch (CameraException e) {
                counts = refused(String.valueOf(e.getMessage()));
            }
        }
        throw new CameraException(
                "the camera gave no picture: " + counts.fault().orElse("interrupted, or its stream ended"));
    }

    /** One whole frame, as large as the camera's pictures turn out to be. */
    private Frame frame() {
        if (pool.isEmpty()) {
            pool = Optional.of(pools.get());
        }
        Frame frame =
                stream.copy(pool.get()).orElseThrow(() -> new IllegalStateException("the last picture was not closed"));
        Optional<String> damage = frame.damage();
        if (damage.isPresent()) {
            frame.close();
            throw new CameraException(damage.get());
        }
        return frame;
    }

    private Counts counted(Frame frame) {
        return new Counts(
                counts.frames() + 1, counts.refused(), frame.width(), frame.height(), link(), Optional.empty());
    }

    private Counts refused(String why) {
        return new Counts(
                counts.frames(), counts.refused() + 1, counts.width(), counts.height(), link(), Optional.of(why));
    }

    private Optional<StreamCounters> link() {
        return stream instanceof GenicamPictureStream genicam ? Optional.of(genicam.counters()) : Optional.empty();
    }

    @Override
    public void close() {
        stream.close();
    }
}

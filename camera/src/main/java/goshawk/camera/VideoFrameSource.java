package goshawk.camera;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** The pictures of a film, one a trigger, none left out. Ends with the film. */
public final class VideoFrameSource implements FrameSource {

    private final PartNames names;
    private final PictureStream film;
    private final FramePool pool;
    private final Pace pace;
    private long index;

    VideoFrameSource(PartNames names, PictureStream film, FramePool pool, Pace pace) {
        this.names = names;
        this.film = film;
        this.pool = pool;
        this.pace = pace;
    }

    /**
     * @param period from trigger to trigger; zero triggers whenever the line asks
     * @throws CameraException when the file is missing or no film
     */
    public static VideoFrameSource open(Path file, FramePool pool, Duration period) {
        if (!Files.isRegularFile(file)) {
            throw new CameraException("video " + file + " does not exist; check the path");
        }
        String name = String.valueOf(file.getFileName());
        return new VideoFrameSource(
                new PartNames(name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name),
                FfmpegPictureStream.open("video " + file, file.toString(), "", Map.of(), FfmpegPictureStream.Kind.FILM),
                pool,
                new Pace(period));
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        long atNanos = pace.await();
        var trigger = new Trigger(
                index + 1, names.name(index + 1), InstantSource.system().instant(), atNanos);
        try {
            if (!film.advance()) {
                return Optional.empty();
            }
            index++;
            Optional<Frame> frame = film.copy(pool);
            return Optional.of(
                    frame.isPresent()
                            ? new Capture.Image(trigger, frame.get(), false)
                            : new Capture.Missed(trigger, Cause.OVERRUN, "every frame was in use", false));
        } catch (CameraException e) {
            index++;
            return Optional.of(new Capture.Missed(trigger, Cause.CAMERA, String.valueOf(e.getMessage()), false));
        }
    }

    @Override
    public void close() {
        film.close();
    }
}

package goshawk.camera;

import goshawk.camera.aravis.GenicamCameras;
import goshawk.camera.aravis.GenicamSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A camera that is always running: GenICam, RTSP or V4L2. A trigger takes the first picture that arrives after it; pictures that
 * nobody asked for are dropped, so that an answer is never about a part of a while ago.
 *
 * <p>A thread of its own reads the camera, because a stalled one can hold a native call for longer than a part may wait.
 * The trigger does not: without a picture in time it ends as a miss, and the thread goes on and connects again, waiting
 * longer from try to try. Has no end; {@link #close()} or an interrupt stops it.
 */
public final class LiveFrameSource implements FrameSource {

    private static final Logger log = LoggerFactory.getLogger(LiveFrameSource.class);
    private static final DateTimeFormatter STARTED =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

    private final String name;
    private final PictureStream.Opener camera;
    private final FramePool pool;
    private final Limits limits;
    private final Pace pace;
    private final Instant started = InstantSource.system().instant();
    private final AtomicReference<Optional<Request>> pending = new AtomicReference<>(Optional.empty());
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread reader;
    private volatile String fault = "";
    private long index;

    /**
     * @param period from trigger to trigger; zero triggers whenever the line asks
     * @param picture how long a trigger waits for its picture
     * @param firstRetry wait before a lost camera is connected again; doubles with each try
     * @param lastRetry longest wait
     */
    public record Limits(Duration period, Duration picture, Duration firstRetry, Duration lastRetry) {

        /** A picture within 2 s; connecting again after 0.5 s and at least every 10 s. */
        public static Limits every(Duration period) {
            return new Limits(period, Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofSeconds(10));
        }
    }

    /** A trigger that waits; answered with a frame, or without one when the pool is empty. */
    private record Request(CompletableFuture<Optional<Frame>> answer) {}

    LiveFrameSource(String name, PictureStream.Opener camera, FramePool pool, Limits limits) {
        this.name = name;
        this.camera = camera;
        this.pool = pool;
        this.limits = limits;
        this.pace = new Pace(limits.period());
        this.reader = Thread.ofPlatform().name("camera reader").daemon().unstarted(this::read);
    }

    /**
     * A network camera. Whether it answers shows with the first trigger.
     *
     * @param address {@code rtsp://…}; user and password in it appear in no message
     */
    public static LiveFrameSource rtsp(String address, FramePool pool, Limits limits) {
        if (!address.startsWith("rtsp://") && !address.startsWith("rtsps://")) {
            throw new CameraException("a network camera's address begins with rtsp://, got " + withoutPassword(address)
                    + "; correct the station's camera setting");
        }
        String micros =
                Long.toString(TimeUnit.MILLISECONDS.toMicros(limits.picture().toMillis()));
        Map<String, String> options =
                Map.of("rtsp_transport", "tcp", "timeout", micros, "fflags", "nobuffer", "flags", "low_delay");
        String name = "camera " + withoutPassword(address);
        FfmpegPictureStream.load();
        return new LiveFrameSource(name, () -> FfmpegPictureStream.open(name, address, "", options), pool, limits)
                .start();
    }

    /**
     * A camera of this machine.
     *
     * @param device for example {@code /dev/video0}
     * @param options FFmpeg's for V4L2, such as {@code video_size} and {@code framerate}
     * @throws CameraException when there is no such device
     */
    public static LiveFrameSource v4l2(Path device, Map<String, String> options, FramePool pool, Limits limits) {
        if (!Files.exists(device)) {
            throw new CameraException("there is no camera at " + device + "; connect it, or list them: ls /dev/video*");
        }
        String name = "camera " + device;
        FfmpegPictureStream.loadDevices();
        return new LiveFrameSource(
                        name, () -> FfmpegPictureStream.open(name, device.toString(), "v4l2", options), pool, limits)
                .start();
    }

    /**
     * A GigE Vision or USB3 Vision camera. Whether it is there shows with the first trigger. A picture that comes incomplete
     * is a miss.
     *
     * @throws CameraException when Aravis is not installed
     */
    public static LiveFrameSource genicam(GenicamSettings settings, FramePool pool, Limits limits) {
        GenicamCameras.requireLibrary();
        String name = "camera " + settings.camera();
        return new LiveFrameSource(name, () -> GenicamPictureStream.open(settings), pool, limits).start();
    }

    /** Starts the reading thread. */
    LiveFrameSource start() {
        reader.start();
        return this;
    }

    static String withoutPassword(String address) {
        return address.replaceFirst("//[^/@]*@", "//***@");
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        long atNanos = pace.await();
        var trigger = new Trigger(
                ++index,
                "%s-%06d".formatted(STARTED.format(started), index),
                InstantSource.system().instant(),
                atNanos);
        var request = new Request(new CompletableFuture<>());
        pending.set(Optional.of(request));
        return Optional.of(answer(request, trigger));
    }

    private Capture answer(Request request, Trigger trigger) throws InterruptedException {
        try {
            Optional<Frame> frame = request.answer().get(limits.picture().toNanos(), TimeUnit.NANOSECONDS);
            return frame.<Capture>map(it -> new Capture.Image(trigger, it, false))
                    .orElseGet(() -> new Capture.Missed(trigger, Cause.OVERRUN, "every frame was in use", false));
        } catch (TimeoutException e) {
            abandon(request);
            String known = fault;
            return known.isEmpty()
                    ? new Capture.Missed(
                            trigger,
                            Cause.NO_FRAME,
                            "no picture within %s of %s".formatted(limits.picture(), name),
                            false)
                    : new Capture.Missed(trigger, Cause.CAMERA, known, false);
        } catch (ExecutionException e) {
            String why = String.valueOf(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
            return new Capture.Missed(trigger, Cause.CAMERA, why, false);
        } catch (InterruptedException e) {
            abandon(request);
            throw e;
        }
    }

    /** A picture that comes after all is of another moment: it goes back at once. */
    private void abandon(Request request) {
        pending.set(Optional.empty());
        var _ = request.answer().thenAccept(late -> late.ifPresent(Frame::close));
    }

    private void read() {
        Duration wait = limits.firstRetry();
        while (!isClosing(Duration.ZERO)) {
            boolean gavePictures = false;
            try (PictureStream stream = camera.open()) {
                while (!isClosing(Duration.ZERO) && stream.advance()) {
                    gavePictures = true;
                    fault = "";
                    answerPending(stream);
                }
                lost(name + " ended its stream");
            } catch (CameraException e) {
                lost(String.valueOf(e.getMessage()));
            }
            wait = gavePictures ? limits.firstRetry() : wait;
            if (isClosing(wait)) {
                return;
            }
            Duration twice = wait.multipliedBy(2);
            wait = twice.compareTo(limits.lastRetry()) < 0 ? twice : limits.lastRetry();
        }
    }

    private void answerPending(PictureStream stream) {
        pending.getAndSet(Optional.empty()).ifPresent(request -> {
            try {
                request.answer().complete(stream.copy(pool));
            } catch (CameraException e) {
                request.answer().completeExceptionally(e);
            }
        });
    }

    private void lost(String why) {
        if (!why.equals(fault) && !isClosing(Duration.ZERO)) {
            log.warn("{}; trying again", why);
        }
        fault = why;
    }

    private boolean isClosing(Duration within) {
        try {
            return closing.await(within.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Waits up to 5 s for the camera's native calls to return; a call that does not is left to die with the process. */
    @Override
    public void close() {
        closing.countDown();
        reader.interrupt();
        try {
            if (!reader.join(Duration.ofSeconds(5))) {
                log.warn("{} is stalled in a native call and was left", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

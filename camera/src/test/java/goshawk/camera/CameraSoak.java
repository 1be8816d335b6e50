package goshawk.camera;

import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.WatchedFolderFrameSource.Judged;
import goshawk.camera.WatchedFolderFrameSource.Order;
import goshawk.camera.WatchedFolderFrameSource.Rules;
import goshawk.camera.aravis.FakeGigECamera;
import goshawk.camera.aravis.GenicamSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Months of a camera in minutes: pictures, and connections that break and come back, over and over; run by {@code
 * camera/bench/soak.sh}. Says how much memory and how many open files were left behind, and how long it took until there
 * were pictures again once the device was back.
 */
final class CameraSoak {

    /** At the files that are open. */
    private static final int LOOKS = 20;

    private static final long BETWEEN_LOOKS_MS = 20;

    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Share of the run after which memory is looked at first: until then libraries are loaded and code is compiled. */
    private static final int WARM_UP = 5;

    private static final Duration MOST_RECOVERY = Duration.ofSeconds(5);
    private static final double MOST_MIB = 20;

    private CameraSoak() {}

    /** How a camera is lost and comes back. A new kind of camera is one constant here and one implementation of {@link Device}. */
    enum Kind {
        /** The server is killed: the connection breaks. */
        RTSP_KILLED,
        /** The server is stopped: the connection stands, nothing comes. */
        RTSP_STALLED,
        /** The folder goes away, as a network drive does. */
        FOLDER,
        /** A GigE Vision camera without power. */
        GENICAM_KILLED,
        /** A GigE Vision camera hangs, and forgets who controls it. */
        GENICAM_STALLED;

        Device start(FramePool pool, Path temporary) throws Exception {
            return switch (this) {
                case RTSP_KILLED -> rtsp(pool, false);
                case RTSP_STALLED -> rtsp(pool, true);
                case FOLDER -> new Folder(pool, temporary);
                case GENICAM_KILLED -> genicam(pool, false);
                case GENICAM_STALLED -> genicam(pool, true);
            };
        }
    }

    /** A camera that can be lost. */
    interface Device extends AutoCloseable {

        FrameSource source();

        /** Returns when the camera is lost, and the source has seen it. */
        void lose() throws Exception;

        /** Returns when the device is back; from here on the time to its next picture counts. */
        void bringBack() throws Exception;

        @Override
        void close();
    }

    /**
     * @param recovery times from the device's return to the next picture, rising
     * @param missed triggers that ended without a picture
     */
    record Result(Kind kind, long frames, long missed, List<Duration> recovery, double grownMib, long grownFiles) {

        Duration share(double share) {
            return recovery.get((int) Math.ceil(share * recovery.size()) - 1);
        }

        boolean isWithinLimits() {
            return grownMib < MOST_MIB && grownFiles <= 0 && share(0.99).compareTo(MOST_RECOVERY) <= 0;
        }

        @Override
        public String toString() {
            return "| %s | %d | %d | %d | %d ms | %d ms | %.1f MiB | %d |"
                    .formatted(
                            kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                            frames,
                            missed,
                            recovery.size(),
                            share(0.5).toMillis(),
                            share(0.99).toMillis(),
                            grownMib,
                            grownFiles);
        }
    }

    public static void main(String[] args) throws Exception {
        int frames = Integer.parseInt(args[0]);
        int reconnects = Integer.parseInt(args[1]);
        boolean isWell = true;
        System.out.println(
                "| camera | pictures | misses | lost and back | P50 | P99 | memory grew | open files grew |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        List<Kind> kinds = args.length > 2
                ? List.of(Kind.valueOf(args[2].toUpperCase(Locale.ROOT).replace(' ', '_')))
                : List.of(Kind.values());
        for (Kind kind : kinds) {
            Result result = run(kind, frames, reconnects);
            System.out.println(result);
            isWell &= result.isWithinLimits();
        }
        System.exit(isWell ? 0 : 1);
    }

    /** @param frames pictures in all, spread between the reconnects */
    static Result run(Kind kind, int frames, int reconnects) throws Exception {
        Path temporary = Files.createTempDirectory("goshawk-soak");
        List<Duration> recovery = new ArrayList<>();
        long seen = 0;
        long missed = 0;
        double mib = 0;
        long files = 0;
        try (var pool = new FramePool(2, WIDTH * HEIGHT * 3);
                Device device = kind.start(pool, temporary)) {
            missed += untilImage(device.source());
            for (int round = 0; round < reconnects; round++) {
                if (round == reconnects / WARM_UP) {
                    awaitOneReader();
                    mib = residentMib();
                    files = openFiles();
                }
                device.lose();
                device.bringBack();
                long back = System.nanoTime();
                missed += untilImage(device.source());
                recovery.add(Duration.ofNanos(System.nanoTime() - back));
                for (int i = 1; i < frames / reconnects; i++) {
                    missed += untilImage(device.source());
                }
                seen += frames / reconnects;
            }
            awaitOneReader();
            return new Result(
                    kind, seen, missed, recovery.stream().sorted().toList(), residentMib() - mib, openFiles() - files);
        } finally {
            delete(temporary);
        }
    }

    /** Triggers until there is a picture; how many had none. */
    private static long untilImage(FrameSource source) throws InterruptedException {
        long missed = 0;
        long start = System.nanoTime();
        while (true) {
            switch (source.next().orElseThrow()) {
                case Capture.Image(var _, var views, var _) -> {
                    views.close();
                    return missed;
                }
                case Capture.Missed(var _, var _, var detail, var _, var _, var _) -> {
                    missed++;
                    if (System.nanoTime() - start > PATIENCE.toNanos()) {
                        throw new IllegalStateException("no picture within " + PATIENCE + ": " + detail);
                    }
                }
            }
        }
    }

    /** A connection that was given up holds memory and files until its native calls return, some seconds later. */
    private static void awaitOneReader() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (Thread.getAllStackTraces().keySet().stream()
                                .filter(it -> it.getName().equals("camera reader"))
                                .count()
                        > 1
                && System.nanoTime() < end) {
            Thread.sleep(50);
        }
    }

    private static double residentMib() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .sum()
                / 1024.0;
    }

    /** That stay open: a source opens some for a moment, a picture's or a folder's, and somebody looks just then. */
    private static long openFiles() throws IOException, InterruptedException {
        long least = Long.MAX_VALUE;
        for (int look = 0; look < LOOKS; look++) {
            try (var files = Files.list(Path.of("/proc/self/fd"))) {
                least = Math.min(least, files.count());
            }
            Thread.sleep(BETWEEN_LOOKS_MS);
        }
        return least;
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** What can happen to a camera from outside. */
    private interface Fate {

        void strike() throws Exception;
    }

    /** A camera that is connected all the time. */
    private record Live(LiveFrameSource source, Fate losing, Fate returning, Runnable end) implements Device {

        @Override
        public void lose() throws Exception {
            losing.strike();
            while (source.state().detail().isEmpty()) {
                Thread.sleep(5);
            }
        }

        @Override
        public void bringBack() throws Exception {
            returning.strike();
        }

        @Override
        public void close() {
            source.close();
            end.run();
        }
    }

    private static Device rtsp(FramePool pool, boolean stalls) throws IOException {
        RtspServer server = RtspServer.start("h264", WIDTH, HEIGHT, 100);
        var source = LiveCameras.rtsp(server.address(), pool, Limits.every(Duration.ZERO));
        return stalls
                ? new Live(source, server::stop, server::go, server::close)
                : new Live(source, server::kill, server::restart, server::close);
    }

    private static Device genicam(FramePool pool, boolean stalls) throws IOException {
        FakeGigECamera camera = FakeGigECamera.start("SOAK");
        SequencedMap<String, String> features = new LinkedHashMap<>();
        features.put("Width", Integer.toString(WIDTH));
        features.put("Height", Integer.toString(HEIGHT));
        features.put("PixelFormat", "BayerRG8");
        features.put("AcquisitionFrameRate", "100");
        var settings = new GenicamSettings(camera.address(), features);
        var source = LiveCameras.genicam(settings, pool, Limits.every(Duration.ZERO));
        return stalls
                ? new Live(source, camera::freeze, camera::thaw, () -> end(camera))
                : new Live(source, camera::pullOut, camera::putIn, () -> end(camera));
    }

    private static void end(FakeGigECamera camera) {
        try {
            camera.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A camera that writes a file, renames it into its folder when it is whole, and goes on. */
    private static final class Folder implements Device {

        private final Path inbox;
        private final Path away;
        private final WatchedFolderFrameSource source;
        private final AtomicBoolean isRunning = new AtomicBoolean(true);
        private final Thread camera = Thread.ofPlatform().name("dropping").unstarted(this::drop);

        Folder(FramePool pool, Path temporary) throws IOException {
            inbox = Files.createDirectory(temporary.resolve("inbox"));
            away = temporary.resolve("away");
            var rules = new Rules(Duration.ZERO, Duration.ofSeconds(5), Order.NAME, Judged.DELETED, 1 << 20);
            source = WatchedFolderFrameSource.open(inbox, pool, rules);
            camera.start();
        }

        private void drop() {
            byte[] picture;
            try (Frame frame = Frame.of(WIDTH, HEIGHT, new byte[WIDTH * HEIGHT * 3])) {
                picture = PictureFile.png(frame, false);
            }
            for (long number = 0; isRunning.get(); number++) {
                try {
                    Path part = inbox.resolve("%09d.part".formatted(number));
                    Files.write(part, picture);
                    Files.move(part, inbox.resolve("%09d.png".formatted(number)));
                    Thread.sleep(4);
                } catch (IOException e) {
                    // away: the camera goes on as if nothing had happened
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public FrameSource source() {
            return source;
        }

        /** The source looks while it is asked for a picture: it is asked until it has seen the loss. */
        @Override
        public void lose() throws Exception {
            Thread line = Thread.currentThread();
            long losses = source.state().losses();
            Files.move(inbox, away);
            Thread.ofPlatform().start(() -> {
                while (source.state().losses() == losses) {
                    LockSupport.parkNanos(1_000_000);
                }
                line.interrupt();
            });
            try {
                while (true) {
                    if (source.next().orElseThrow() instanceof Capture.Image image) {
                        image.frame().close();
                    }
                }
            } catch (InterruptedException e) {
                // seen
            }
        }

        @Override
        public void bringBack() throws Exception {
            Files.move(away, inbox);
        }

        @Override
        public void close() {
            isRunning.set(false);
            try {
                camera.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            source.close();
        }
    }
}

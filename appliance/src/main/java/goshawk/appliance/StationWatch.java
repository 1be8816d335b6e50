package goshawk.appliance;

import goshawk.appliance.checkup.Measured;
import goshawk.appliance.checkup.Observation;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.camera.CameraException;
import goshawk.camera.CameraState;
import goshawk.camera.CameraState.Condition;
import goshawk.camera.FramePools;
import goshawk.camera.FrameSource;
import goshawk.camera.Views;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Opens a station's source on a thread of its own, as a line does, and lets an {@link Observation} take its pictures for a while. */
final class StationWatch {

    private static final int FRAMES = 4;
    private static final Duration CONNECTING = Duration.ofSeconds(15);

    /** After the first picture: connections settle, and the runtime compiles what it does often. */
    private static final Duration SETTLING = Duration.ofSeconds(2);

    private static final Duration STOPPING = Duration.ofSeconds(15);

    private final CompletableFuture<Observation> opened = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private StationWatch() {}

    /**
     * @param time that is watched; shorter where the source ends
     * @param asTaken views whose lens is left in their pictures
     * @param awaitsPictures true when the watch begins with the first picture of each camera, or of those that give one
     * @throws CommandException when none does
     */
    static Measured over(
            Duration time, StationConfig station, Recipe recipe, Set<String> asTaken, boolean awaitsPictures)
            throws InterruptedException {
        try (var releases = new Releases()) {
            BrokerAddress broker = station.broker().orElseGet(() -> BrokerAddress.local(station.brokerPort()));
            if (station.trigger().origin() instanceof TriggerConfig.Origin.Mqtt
                    && station.broker().isEmpty()) {
                broker = RunCommand.embedded(station, releases);
            }
            Setup.Camera camera = new StationCameras(station, recipe, broker).allBut(asTaken);
            var watch = new StationWatch();
            Thread taking = Thread.ofPlatform()
                    .name("camera")
                    .daemon()
                    .start(() -> watch.take(camera, station.source().viewNames()));
            try {
                return watch.measured(time, awaitsPictures);
            } finally {
                taking.interrupt();
                taking.join(STOPPING);
            }
        }
    }

    /** The source belongs to the thread that opens it. */
    private void take(Setup.Camera camera, List<String> views) {
        try (var pools = new FramePools(FRAMES);
                FrameSource source = camera.open(pools)) {
            var observation = new Observation(source, views);
            opened.complete(observation);
            observation.take();
            ended.complete(true);
        } catch (RuntimeException | Error e) {
            opened.completeExceptionally(e);
            ended.completeExceptionally(e);
        }
    }

    private Measured measured(Duration time, boolean awaitsPictures) throws InterruptedException {
        Observation observation = got(opened, CONNECTING);
        if (awaitsPictures) {
            awaitPictures(observation);
        }
        observation.begin();
        try (var progress = Progress.start("watching the camera", time.toSeconds())) {
            for (long second = 1; second <= time.toSeconds() && !ended.isDone(); second++) {
                waitFor(ended, Duration.ofSeconds(1));
                progress.at(second);
            }
        }
        return observation.measured();
    }

    /** One of several cameras that gives none is for the check list to tell: the others are watched all the same. */
    private static void awaitPictures(Observation observation) throws InterruptedException {
        long until = System.nanoTime() + CONNECTING.toNanos();
        while (!observation.connections().values().stream().allMatch(StationWatch::isConnected)) {
            if (System.nanoTime() > until) {
                requireAny(observation);
                break;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        TimeUnit.NANOSECONDS.sleep(SETTLING.toNanos());
    }

    private static boolean isConnected(CameraState state) {
        return state.condition() == Condition.CONNECTED;
    }

    private static void requireAny(Observation observation) {
        var connections = observation.connections();
        if (connections.values().stream().noneMatch(StationWatch::isConnected)) {
            String faults = connections.entrySet().stream()
                    .filter(it -> !it.getValue().detail().isEmpty())
                    .map(it -> Views.about(it.getKey(), it.getValue().detail()))
                    .collect(Collectors.joining("; "));
            throw new CommandException("the camera gave no picture within %d s%s"
                    .formatted(
                            CONNECTING.toSeconds(),
                            faults.isEmpty()
                                    ? "; does it wait for a trigger (TriggerMode) that the station does not name?"
                                    : ": " + faults));
        }
    }

    /** A source that failed is told; one that merely ended is not waited for any longer. */
    private static void waitFor(CompletableFuture<Boolean> ended, Duration time) throws InterruptedException {
        try {
            var _ = ended.get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // it goes on
        } catch (ExecutionException e) {
            throw told(e);
        }
    }

    private static <T> T got(CompletableFuture<T> what, Duration within) throws InterruptedException {
        try {
            return what.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new CommandException("the camera was not opened within %d s".formatted(within.toSeconds()), e);
        } catch (ExecutionException e) {
            throw told(e);
        }
    }

    private static RuntimeException told(ExecutionException e) {
        return e.getCause() instanceof CameraException told
                ? told
                : new IllegalStateException("watching the camera failed", e.getCause());
    }
}

package goshawk.appliance;

import goshawk.appliance.control.ModbusTriggers;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.Topics;
import goshawk.appliance.publish.TriggerSubscriber;
import goshawk.camera.CameraState;
import goshawk.camera.Capture;
import goshawk.camera.EncoderReader;
import goshawk.camera.FrameSource;
import goshawk.camera.FrameStamp;
import goshawk.camera.Observed;
import goshawk.camera.Signals;
import goshawk.camera.SourceReport;
import goshawk.camera.TriggerSource;
import java.time.Duration;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A camera with what triggers it: opened together, closed together. */
final class TriggeredCamera implements FrameSource {

    private final FrameSource camera;
    private final Consumer<Capture> whenCaptured;
    private final Releases releases;

    private TriggeredCamera(FrameSource camera, Consumer<Capture> whenCaptured, Releases releases) {
        this.camera = camera;
        this.whenCaptured = whenCaptured;
        this.releases = releases;
    }

    /** Opens a camera that is triggered like this. */
    interface Opener {
        FrameSource open(TriggerSource triggers);
    }

    /**
     * @param takt from trigger to trigger, where nothing else triggers
     * @param broker that triggers may come through
     */
    static FrameSource open(
            TriggerConfig.Origin origin, Duration takt, BrokerAddress broker, Topics topics, Opener opener) {
        return switch (origin) {
            case TriggerConfig.Origin.Takt() -> opener.open(new TriggerSource.Paced(takt));
            case TriggerConfig.Origin.CameraLine() -> opener.open(new TriggerSource.CameraLine());
            case TriggerConfig.Origin.Detection(var detection) -> opener.open(detection);
            case TriggerConfig.Origin.Mqtt(var debounce) ->
                signalled(opener, new Signals(debounce), signals -> TriggerSubscriber.start(broker, topics, signals));
            case TriggerConfig.Origin.Encoder(var file, var distance) ->
                signalled(opener, new Signals(Duration.ZERO), signals -> EncoderReader.start(file, distance, signals));
            case TriggerConfig.Origin.Modbus(var settings) -> controlled(opener, settings);
        };
    }

    private interface Starter {
        AutoCloseable start(Signals signals);
    }

    private static FrameSource signalled(Opener opener, Signals signals, Starter starter) {
        return opened(opener, signals, (_, releases) -> {
            releases.own(starter.start(signals), TriggeredCamera::close);
            return _ -> {};
        });
    }

    private static FrameSource controlled(Opener opener, ModbusTriggers.Settings settings) {
        var signals = new Signals(Duration.ZERO);
        return opened(opener, signals, (camera, releases) -> {
            BooleanSupplier isConnected = () -> camera.report()
                    .connection()
                    .filter(it -> it.condition() == CameraState.Condition.CONNECTED)
                    .isPresent();
            return releases.own(ModbusTriggers.start(settings, signals, isConnected), ModbusTriggers::close)::captured;
        });
    }

    /** Starts what triggers an open camera, and says who hears of its captures. */
    private interface Start {
        Consumer<Capture> start(FrameSource camera, Releases releases);
    }

    private static FrameSource opened(Opener opener, Signals signals, Start start) {
        var releases = new Releases();
        try {
            FrameSource camera = releases.own(opener.open(signals), FrameSource::close);
            return new TriggeredCamera(camera, start.start(camera, releases), releases);
        } catch (RuntimeException e) {
            releases.closeAfter(e);
            throw e;
        }
    }

    private static void close(AutoCloseable thing) {
        try {
            thing.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("a trigger could not be closed", e);
        }
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        Optional<Capture> next = camera.next();
        next.ifPresent(whenCaptured);
        return next;
    }

    @Override
    public SourceReport report() {
        return camera.report();
    }

    @Override
    public SequencedMap<String, Observed> cameras() {
        return camera.cameras();
    }

    @Override
    public void listen(Consumer<FrameStamp> arrivals) {
        camera.listen(arrivals);
    }

    @Override
    public void close() {
        releases.close();
    }
}

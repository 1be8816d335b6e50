package goshawk.appliance;

import goshawk.appliance.api.ApiServer;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Job;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.QualityState;
import goshawk.appliance.domain.Station;
import goshawk.appliance.domain.StationState;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.engine.process.EngineProcess;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.publish.OutboxPublisher;
import goshawk.appliance.quality.QualityGate;
import goshawk.appliance.quality.QualityWatch;
import goshawk.appliance.record.PngPictureArchive;
import goshawk.appliance.record.SqliteInspectionHistory;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.appliance.web.DashboardServer;
import goshawk.camera.FramePools;
import goshawk.camera.FrameSource;
import goshawk.camera.SourceReport;
import goshawk.camera.Views;
import goshawk.trtbuild.EngineFolder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A station that runs: the line, its record, its publisher and its page. Opened so that whatever records a part is there
 * before the first is judged, closed the other way round. Safe for any thread.
 */
final class Appliance implements Station, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Appliance.class);
    private static final Duration STOPPING = Duration.ofSeconds(30);

    private final Setup setup;
    private final Releases releases = new Releases();
    private final LineCounters counters = new LineCounters();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Instant startedAt = Instant.now();
    private final Provenance provenance;
    private final Optional<PrefixCounters> prefixes;
    private final InspectionHistory history;
    private final long before;
    private final OutboxPublisher publisher;
    private final DashboardServer dashboard;
    private final Optional<ApiServer> api;
    private final Optional<EngineProcess> process;
    private final Map<String, QualityWatch> quality;
    private volatile Optional<FrameSource> camera = Optional.empty(); // to be asked for its report alone
    /** Set and asked by the line's thread. */
    private Supplier<Optional<Views>> waiting = Optional::empty;

    private volatile Doing doing = new Doing(LineState.STARTING, "", OptionalLong.empty());

    /** @param busySinceNanos when the line took the part in hand; empty while it waits for one */
    private record Doing(LineState line, String detail, OptionalLong busySinceNanos) {}

    private Appliance(Setup setup, ModelOptions.Opening opening) {
        this.setup = setup;
        quality = QualityWatch.ofAll(setup.data(), setup.recipe(), Clock.systemUTC());
        try {
            // The engine belongs to the thread that opens it: this one thread is the line from here on.
            var line = releases.own(
                    Executors.newSingleThreadExecutor(
                            Thread.ofPlatform().name("line").factory()),
                    ExecutorService::close);
            var opened = on(line, () -> opening.open(() -> waiting.get()));
            var inspector = releases.own(
                    QualityGate.before(opened.inspector(), setup.recipe(), quality), it -> on(line, () -> close(it)));
            process = opened.process();
            Optional<EngineShare> share =
                    opened.share().filter(_ -> setup.network().api().isPresent());
            prefixes = opened.prefixes();
            share.ifPresent(shared -> releases.own(shared, it -> on(line, () -> close(it))));
            provenance = ModelOptions.provenance(opened.engine(), setup.recipe())
                    .verified(setup.verification().map(Verification::isPassed).orElse(false));
            var record = releases.own(
                    SqliteInspectionLog.open(setup.database(), Clock.systemUTC()), SqliteInspectionLog::close);
            var pictures = releases.own(PngPictureArchive.open(setup.images()), PngPictureArchive::close);
            history = releases.own(SqliteInspectionHistory.open(setup.database()), InspectionHistory::close);
            before = history.newest().orElse(0);
            dashboard = releases.own(
                    DashboardServer.start(setup.host(), setup.port(), history, this, setup.images(), record),
                    DashboardServer::close);
            api = share.map(it -> api(it, opened.engine(), opening));
            publisher = releases.own(
                    OutboxPublisher.start(
                            setup.broker(),
                            setup.topics(),
                            record,
                            provenance,
                            setup.isSimulated(),
                            this::pictureAlarms,
                            Clock.systemUTC()),
                    OutboxPublisher::close);
            var listeners = releases.own(ListenerThread.start(List.of()), ListenerThread::close);
            var job = new Job(
                    setup.order(), setup.shifts(), provenance, setup.recipe().takt());
            releases.own(
                    line.submit(() -> run(
                            inspector,
                            share,
                            (camera, eye) -> new InspectionLine(
                                            camera,
                                            eye,
                                            pictures,
                                            record,
                                            setup.gate(),
                                            job,
                                            counters,
                                            listeners,
                                            LineClock.system())
                                    .run())),
                    this::stop);
        } catch (RuntimeException e) {
            releases.closeAfter(e);
            throw e;
        }
    }

    /**
     * Opens everything and starts the line.
     *
     * @throws RuntimeException of the part that could not be opened; nothing is left open then
     */
    static Appliance start(Setup setup, EngineFolder engine, ModelOptions model) {
        return start(setup, model.local(engine, setup.recipe(), Optional.empty()));
    }

    /** The same, with whatever {@code opening} opens. */
    static Appliance start(Setup setup, ModelOptions.Opening opening) {
        return new Appliance(setup, opening);
    }

    private ApiServer api(EngineShare share, EngineIdentity engine, ModelOptions.Opening opening) {
        Path checkpoint = opening.checkpoint().orElseThrow();
        var input = releases.own(ModelInput.open(checkpoint), ModelInput::close);
        return releases.own(
                ApiServer.start(setup.network().api().orElseThrow(), share, engine, checkpoint, input),
                ApiServer::close);
    }

    private interface Work {
        void on(FrameSource camera, Inspector inspector);
    }

    private void run(Inspector inspector, Optional<EngineShare> share, Work work) {
        try (var pools = new FramePools(setup.frames() + 1);
                var camera = CameraThread.start(
                        opened(pools), share.<Runnable>map(it -> it::ring).orElse(() -> {}))) {
            waiting = camera::waiting;
            FrameSource parts =
                    share.<FrameSource>map(it -> new SparingCamera(camera, it)).orElse(camera);
            work.on(
                    new WatchedCamera(parts, busySince -> doing = new Doing(LineState.RUNNING, "", busySince)),
                    inspector);
            turn(LineState.STOPPED, "");
        } catch (RuntimeException | Error e) {
            log.error("the line failed; nothing is released until it is started again", e);
            turn(LineState.FAILED, String.valueOf(e.getMessage()));
        } finally {
            share.ifPresent(EngineShare::close); // nobody does guests' steps any more
            ended.countDown();
        }
    }

    private FrameSource opened(FramePools pools) {
        FrameSource opened = setup.camera().open(pools);
        camera = Optional.of(opened);
        return opened;
    }

    private void turn(LineState line, String detail) {
        doing = new Doing(line, detail, OptionalLong.empty());
    }

    private void stop(Future<?> running) {
        running.cancel(true); // between two parts
        try {
            if (!ended.await(STOPPING.toSeconds(), TimeUnit.SECONDS)) {
                log.error("the line did not stop within {}", STOPPING);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean close(AutoCloseable thing) throws Exception {
        thing.close();
        return true;
    }

    /** Does one thing on the line's thread, before the line runs or after it ended. */
    private static <T> T on(ExecutorService line, Callable<T> work) {
        try {
            return line.submit(work).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException ours) {
                throw ours;
            }
            throw new IllegalStateException("the line's thread failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted while the engine was opened", e);
        }
    }

    @Override
    public StationState state() {
        Doing now = doing;
        long nanos = System.nanoTime();
        return new StationState(
                setup.topics().prefix(),
                now.line(),
                now.detail(),
                provenance,
                setup.recipe().takt(),
                setup.isSimulated(),
                setup.isMonitorOnly(),
                startedAt,
                Duration.ofNanos(nanos - now.busySinceNanos().orElse(nanos)),
                counters.snapshot(),
                setup.verification(),
                states(),
                process.map(EngineProcess::state));
    }

    private List<String> pictureAlarms() {
        return quality.entrySet().stream()
                .flatMap(view -> view.getValue().state().said().stream().map(said -> Views.about(view.getKey(), said)))
                .toList();
    }

    private Map<String, QualityState> states() {
        return quality.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, view -> view.getValue().state()));
    }

    @Override
    public SourceReport source() {
        return camera.map(FrameSource::report).orElse(SourceReport.NONE);
    }

    @Override
    public Optional<PrefixCounters.Snapshot> prefixes() {
        return prefixes.map(PrefixCounters::snapshot);
    }

    /** Where people look. */
    URI address() {
        return dashboard.address();
    }

    /** Where the model answers others, if it does. */
    Optional<URI> api() {
        return api.map(ApiServer::address);
    }

    Provenance provenance() {
        return provenance;
    }

    InspectionHistory history() {
        return history;
    }

    /** The newest record of earlier runs: this run's come after it. */
    long before() {
        return before;
    }

    /** Waits until the camera has no more parts or the line failed. */
    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** As {@link #awaitEnd()}; false when that was not so within {@code limit}. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Waits until every record was published; false when that was not so within {@code limit}. */
    boolean awaitPublished(Duration limit) throws InterruptedException {
        return publisher.awaitEmpty(limit);
    }

    @Override
    public void close() {
        releases.close();
    }
}

package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionListener;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Job;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.PartGate;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.EmbeddedBroker;
import goshawk.appliance.publish.OutboxPublisher;
import goshawk.appliance.publish.Topics;
import goshawk.appliance.record.PngPictureArchive;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.FrameSource;
import goshawk.camera.PictureFile;
import goshawk.camera.Trigger;
import goshawk.camera.Views;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line with its real record, archive, outbox and broker; only the camera, the model and the gate are made up. */
class ShiftTest {

    @TempDir
    Path dir;

    @Test
    void triggersAreRecordsAreMessages() throws Exception {
        int port = freePort();
        var counters = new LineCounters();
        var heard = new ConcurrentLinkedQueue<Long>();
        try (var broker = EmbeddedBroker.start(port, dir.resolve("broker"));
                var log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.systemUTC());
                var publisher = OutboxPublisher.start(
                        BrokerAddress.local(broker.port()),
                        new Topics("a/b"),
                        log,
                        Records.PROVENANCE,
                        true,
                        List::of,
                        Clock.systemUTC());
                var archive = PngPictureArchive.open(dir.resolve("images"));
                var frames = new FramePool(3, 192);
                var listener = ListenerThread.start(List.of((id, _) -> heard.add(id)))) {
            var gate = new SimulatedPartGate();
            try (var camera = CameraThread.start(new Belt(frames, 200, 20261122))) {
                line(camera, new Moody(20261122), archive, log, gate, counters, listener)
                        .run();
            }
            assertThat(publisher.awaitEmpty(Duration.ofSeconds(60))).isTrue();
            LineCounters.Snapshot count = counters.snapshot();
            assertThat(count.triggers()).isEqualTo(200);
            assertThat(count.records()).isEqualTo(200);
            assertThat(publisher.published()).isEqualTo(200);
            assertThat(count.released()).isEqualTo(gate.released()).isPositive();
        }
        assertThat(numbers("SELECT count(*) FROM inspection")).containsExactly(200L);
        assertThat(numbers("SELECT count(*) FROM inspection WHERE disposition = 'UNCONFIRMED'"))
                .containsExactly(0L);
        assertThat(numbers("SELECT trigger_id FROM inspection ORDER BY id"))
                .as("each trigger once, in their order")
                .hasSize(200)
                .isSorted()
                .doesNotHaveDuplicates();
        everyPictureIsWhatWasJudged();
    }

    @Test
    void aPowerCutReleasesNoPartWithoutItsRecordAndRecordsNoneWithoutItsPicture() throws Exception {
        List<String> released = new ArrayList<>();
        for (int cut = 0; cut < 3; cut++) {
            var child = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-Xmx128m",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            RunUntilKilled.class.getName(),
                            dir.toString(),
                            Integer.toString(cut))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader out = child.inputReader()) {
                for (int i = 0; i < 40; i++) {
                    released.add(out.readLine());
                }
                child.toHandle().destroyForcibly(); // Process.destroyForcibly would close the stream
                child.waitFor();
                out.lines().filter(line -> !line.isEmpty()).forEach(released::add);
            }
        }
        assertThat(parts("disposition <> 'DIVERTED' AND verdict = 'PASS'"))
                .as("whatever went on is on record as a Pass, its fate known or not")
                .containsAll(released);
        assertThat(parts("disposition = 'UNCONFIRMED'"))
                .as("at most the part at the gate, each time")
                .hasSizeLessThanOrEqualTo(3);
        assertThat(numbers("SELECT count(*) FROM outbox")).isEqualTo(numbers("SELECT count(*) FROM inspection"));
        everyPictureIsWhatWasJudged();
    }

    /** Runs the line and prints each part as the gate lets it go. */
    static final class RunUntilKilled {
        public static void main(String[] args) {
            Path dir = Path.of(args[0]);
            PartGate gate = part -> {
                System.out.println(part);
                System.out.flush();
                return Disposition.RELEASED;
            };
            var log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.systemUTC());
            var archive = PngPictureArchive.open(dir.resolve("images"));
            var camera = CameraThread.start(new Belt(new FramePool(3, 192), Long.MAX_VALUE, Long.parseLong(args[1])));
            line(camera, new Moody(1), archive, log, gate, new LineCounters(), (_, _) -> {})
                    .run();
        }
    }

    private static InspectionLine line(
            FrameSource camera,
            Inspector inspector,
            PngPictureArchive archive,
            SqliteInspectionLog log,
            PartGate gate,
            LineCounters counters,
            InspectionListener listener) {
        var job = new Job("", Shifts.usual(ZoneOffset.UTC), Records.PROVENANCE, Duration.ofSeconds(5));
        return new InspectionLine(camera, inspector, archive, log, gate, job, counters, listener, LineClock.system());
    }

    private void everyPictureIsWhatWasJudged() throws SQLException, NoSuchAlgorithmException {
        int pictures = 0;
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("goshawk.db"));
                var sql = db.createStatement();
                var row = sql.executeQuery("SELECT picture, pixels_sha256 FROM inspection WHERE picture IS NOT NULL")) {
            while (row.next()) {
                try (Frame frame = PictureFile.read(dir.resolve("images").resolve(row.getString("picture")))) {
                    var digest = MessageDigest.getInstance("SHA-256");
                    digest.update(frame.rgb(), 0, 192);
                    assertThat(HexFormat.of().formatHex(digest.digest())).isEqualTo(row.getString("pixels_sha256"));
                }
                pictures++;
            }
        }
        assertThat(pictures).isPositive();
    }

    private List<Long> numbers(String query) throws SQLException {
        return column(query).stream().map(Long::valueOf).toList();
    }

    private List<String> parts(String where) throws SQLException {
        return column("SELECT part FROM inspection WHERE " + where);
    }

    private List<String> column(String query) throws SQLException {
        List<String> values = new ArrayList<>();
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("goshawk.db"));
                var sql = db.createStatement();
                var row = sql.executeQuery(query)) {
            while (row.next()) {
                values.add(row.getString(1));
            }
        }
        return values;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Parts of noise, as fast as there are frames; now and then the camera has nothing to show. */
    private static final class Belt implements FrameSource {

        private final FramePool frames;
        private final long parts;
        private final long seed;
        private final Random random;
        private long index;

        Belt(FramePool frames, long parts, long seed) {
            this.frames = frames;
            this.parts = parts;
            this.seed = seed;
            this.random = new Random(seed);
        }

        @Override
        public Optional<Capture> next() throws InterruptedException {
            if (index == parts) {
                return Optional.empty();
            }
            var trigger = new Trigger(++index, "%d-%d".formatted(seed, index), Instant.now(), System.nanoTime());
            if (random.nextInt(20) == 0) {
                return Optional.of(new Capture.Missed(trigger, Cause.NO_FRAME, "fault", true));
            }
            Optional<Frame> frame = frames.tryTake(8, 8);
            while (frame.isEmpty() && random.nextInt(50) != 0) {
                Thread.sleep(1); // the conveyor mostly waits for the line
                frame = frames.tryTake(8, 8);
            }
            if (frame.isEmpty()) {
                return Optional.of(new Capture.Missed(trigger, Cause.OVERRUN, "every frame was in use", true));
            }
            byte[] noise = new byte[192];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, frame.get().rgb(), 0, noise.length);
            return Optional.of(new Capture.Image(trigger, frame.get(), true));
        }

        @Override
        public void close() {}
    }

    /** Likes most parts, and fails now and then. */
    private static final class Moody implements Inspector {

        private final Random random;

        Moody(long seed) {
            this.random = new Random(seed);
        }

        @Override
        public Inspection.Completed inspect(Views views, Deadline deadline) {
            return switch (random.nextInt(10)) {
                case 0 -> throw new EngineException("fault");
                case 1 -> throw new IllegalStateException("fault");
                case 2, 3 -> Records.seen(0.9);
                default -> Records.seen(0.01);
            };
        }

        @Override
        public void close() {}
    }
}

package goshawk.appliance.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.Records;
import goshawk.appliance.record.SqliteInspectionLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutboxPublisherTest {

    private static final AtomicInteger STATIONS = new AtomicInteger();

    @TempDir
    static Path brokerFolder;

    private static EmbeddedBroker broker;

    @TempDir
    Path dir;

    private final Topics topics = new Topics("goshawk/plant1/area1/line1/station" + STATIONS.incrementAndGet());
    private SqliteInspectionLog log;
    private volatile List<String> alarms = List.of();

    @BeforeAll
    static void startBroker() throws IOException {
        broker = EmbeddedBroker.start(freePort(), brokerFolder);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void openLog() {
        log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.systemUTC());
    }

    @Test
    void everyRecordIsOneMessageOfTheDocumentedForm() throws Exception {
        JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(Files.readString(root().resolve("docs/verdict.schema.json")));
        try (var subscriber = Subscriber.to(topics.verdict(), broker.port());
                var _ = publisher(broker.port())) {
            append(1, 60);
            await().until(() -> subscriber.heard().size() >= 60);
            assertThat(subscriber.ids())
                    .isEqualTo(LongStream.rangeClosed(1, 60).boxed().toList());
            assertThat(subscriber.heard()).allSatisfy(message -> {
                assertThat(message.retained()).isFalse();
                assertThat(message.qos()).isEqualTo(1);
                assertThat(schema.validate(message.json())).as(message.text()).isEmpty();
                assertThat(message.json().get("isSimulated").asBoolean()).isTrue();
            });
            assertThat(subscriber.heard())
                    .extracting(message -> message.json().get("verdict").asText())
                    .contains("PASS", "REJECT", "REVIEW", "NOT_INSPECTED");
        }
        assertThat(log.depth()).isZero();
    }

    @Test
    void theSchemaRefusesWhatTheDocumentExcludes() throws IOException {
        JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(Files.readString(root().resolve("docs/verdict.schema.json")));
        log.append(Records.reject(1));
        String good = new String(
                Messages.verdict("a/b", log.after(0, 1).getFirst()), java.nio.charset.StandardCharsets.UTF_8);
        InputFormat json = InputFormat.JSON;
        assertThat(schema.validate(good, json)).isEmpty();
        assertThat(schema.validate(good.replace("\"schema\":2", "\"schema\":1"), json))
                .isNotEmpty();
        assertThat(schema.validate(good.replace("REJECT", "FAIL"), json)).isNotEmpty();
        assertThat(schema.validate(good.replace("DIVERTED", "RELEASED"), json)).isNotEmpty();
        assertThat(schema.validate(good.replace("\"attempt\"", "\"attempts\""), json))
                .isNotEmpty();
    }

    @Test
    void eachViewHasItsPictureAndEachFindingItsView() throws IOException {
        JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(Files.readString(root().resolve("docs/verdict.schema.json")));
        log.append(Records.twoViews(1));
        String message = new String(
                Messages.verdict("a/b", log.after(0, 1).getFirst()), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(schema.validate(message, InputFormat.JSON)).as(message).isEmpty();
        assertThat(message)
                .contains("\"picture\":{\"view\":\"bright\",\"path\":\"2026-11-22/1-2.bright.png\"")
                .contains(
                        "\"pictures\":[{\"view\":\"bright\"", "{\"view\":\"dark\",\"path\":\"2026-11-22/1-2.dark.png\"")
                .contains("\"region\":[1,2,30,40],\"view\":\"dark\"}");
    }

    @Test
    void whatWasReadIsPublishedInAnyScript() throws IOException {
        JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(Files.readString(root().resolve("docs/verdict.schema.json")));
        log.append(Records.record(1, "P1", Records.read("رقم ١٢٣٤٥ 批号"), Disposition.DIVERTED));
        String message = new String(
                Messages.verdict("a/b", log.after(0, 1).getFirst()), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(schema.validate(message, InputFormat.JSON)).as(message).isEmpty();
        assertThat(message)
                .contains("\"code\":\"serial\",\"text\":\"رقم ١٢٣٤٥ 批号\"")
                .contains("\"text\":null")
                .contains("\"outcome\":\"UNREADABLE\"");
    }

    @Test
    void aWireThatBreaksAgainAndAgainLosesNothing() throws Exception {
        try (var wire = BrokenWire.to(broker.port());
                var subscriber = Subscriber.to(topics.verdict(), broker.port());
                var publisher = publisher(wire.port())) {
            int records = 0;
            for (int cut = 0; cut < 4; cut++) {
                append(records + 1, records + 40);
                records += 40;
                int half = records - 20;
                await().until(() -> new HashSet<>(subscriber.ids()).size() >= half);
                if (cut % 2 == 1) {
                    // The next ten must fit into what may be under way, or they would not arrive at all.
                    assertThat(publisher.awaitEmpty(Duration.ofSeconds(30))).isTrue();
                    wire.mute(); // what arrives now is acknowledged, and nobody hears it
                    append(records + 1, records + 10);
                    records += 10;
                    int all = records;
                    await().until(() -> new HashSet<>(subscriber.ids()).size() >= all - 5);
                }
                wire.cut();
                await().until(() -> !publisher.isConnected());
                wire.mend();
            }
            assertThat(publisher.awaitEmpty(Duration.ofSeconds(30))).isTrue();
            int all = records;
            await().until(() -> new HashSet<>(subscriber.ids()).size() == all);
            assertThat(publisher.published()).as("each record once").isEqualTo(all);
            assertThat(subscriber.ids().size())
                    .as("what was not heard to be acknowledged came again")
                    .isGreaterThan(all);
            assertThat(subscriber.ids().stream().distinct().toList())
                    .as("in the order of the ids, but for repeats")
                    .isSorted();
        }
    }

    @Test
    void aBrokerThatIsNotThereYetIsWaitedFor() throws Exception {
        int port = freePort();
        try (var publisher = publisher(port)) {
            append(1, 5);
            assertThat(publisher.isConnected()).isFalse();
            try (var late = EmbeddedBroker.start(port, dir.resolve("late"))) {
                assertThat(publisher.awaitEmpty(Duration.ofSeconds(60))).isTrue();
                assertThat(publisher.published()).isEqualTo(5);
                assertThat(late.port()).isEqualTo(port);
            }
            await().until(() -> !publisher.isConnected());
            append(6, 10);
            try (var _ = EmbeddedBroker.start(port, dir.resolve("later"))) {
                assertThat(publisher.awaitEmpty(Duration.ofSeconds(60))).isTrue();
                assertThat(publisher.published()).isEqualTo(10);
            }
        }
    }

    @Test
    void aSubscriberThatTakesNothingHoldsUpNobody() throws Exception {
        try (var slow = Subscriber.slow(topics.verdict(), broker.port(), 3);
                var quick = Subscriber.to(topics.verdict(), broker.port());
                var publisher = publisher(broker.port())) {
            append(1, 200);
            assertThat(publisher.awaitEmpty(Duration.ofSeconds(30))).isTrue();
            await().until(() -> quick.heard().size() == 200);
            assertThat(slow.heard()).hasSizeLessThanOrEqualTo(3);
            slow.goOn();
            await().until(() -> slow.heard().size() == 200);
            assertThat(slow.ids()).isEqualTo(quick.ids());
        }
    }

    @Test
    void theStateIsRetainedAndTheBrokerItselfTellsOfAStationThatDied() throws Exception {
        try (var watching = Subscriber.to(topics.state(), broker.port())) {
            try (var wire = BrokenWire.to(broker.port());
                    var _ = publisher(wire.port())) {
                await().until(() -> states(watching).equals(List.of("ONLINE")));
                wire.cut();
                await().until(() -> states(watching).equals(List.of("ONLINE", "OFFLINE")));
                wire.mend();
                await().until(() -> states(watching).equals(List.of("ONLINE", "OFFLINE", "ONLINE")));
                try (var newcomer = Subscriber.to(topics.state(), broker.port())) {
                    await().until(() -> newcomer.heard().size() == 1);
                    assertThat(newcomer.heard().getFirst().retained()).isTrue();
                    assertThat(states(newcomer)).containsExactly("ONLINE");
                }
            }
            await().until(() -> states(watching).size() == 4);
            assertThat(states(watching).getLast()).isEqualTo("OFFLINE");
        }
    }

    @Test
    void anAlarmAboutThePicturesIsPartOfTheRetainedState() throws Exception {
        try (var watching = Subscriber.to(topics.state(), broker.port());
                var _ = publisher(broker.port())) {
            await().until(() -> said(watching).equals(List.of("[]")));
            alarms = List.of("dirt has gone from 0 to 0.2; clean lens and window");
            await().until(() -> said(watching).size() == 2);
            assertThat(said(watching).getLast()).isEqualTo("[\"dirt has gone from 0 to 0.2; clean lens and window\"]");
            try (var newcomer = Subscriber.to(topics.state(), broker.port())) {
                await().until(() -> newcomer.heard().size() == 1);
                assertThat(said(newcomer)).isEqualTo(List.of(said(watching).getLast()));
            }
            alarms = List.of();
            await().until(() -> said(watching).size() == 3);
            assertThat(said(watching).getLast()).isEqualTo("[]");
            append(1, 3);
            await().until(() -> log.depth() == 0);
            assertThat(said(watching)).as("told when it changes, and no more").hasSize(3);
        }
    }

    private static List<String> said(Subscriber subscriber) {
        return subscriber.heard().stream()
                .map(message -> message.json().get("pictureAlarms").toString())
                .toList();
    }

    private static List<String> states(Subscriber subscriber) {
        return subscriber.heard().stream()
                .map(message -> message.json().get("state").asText())
                .toList();
    }

    private OutboxPublisher publisher(int port) throws MqttException {
        return OutboxPublisher.start(
                BrokerAddress.local(port), topics, log, Records.PROVENANCE, true, () -> alarms, Clock.systemUTC());
    }

    /** One of each verdict in turn. */
    private void append(long first, long last) {
        for (long trigger = first; trigger <= last; trigger++) {
            switch ((int) (trigger % 4)) {
                case 0 -> log.append(Records.reject(trigger));
                case 1 -> log.append(Records.missed(trigger));
                case 2 -> log.append(Records.record(trigger, "P" + trigger, Records.seen(0.3), Disposition.DIVERTED));
                default -> {
                    long id = log.append(Records.pass(trigger));
                    log.settle(id, new Outcome(Disposition.RELEASED, Records.AT, Duration.ofMillis(200), ""));
                }
            }
        }
    }

    private static Path root() {
        return Path.of(Objects.requireNonNull(System.getProperty("goshawk.root"), "run by Maven"));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

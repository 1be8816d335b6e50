package goshawk.appliance.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.ghgande.j2mod.modbus.ModbusException;
import com.ghgande.j2mod.modbus.ModbusSlaveException;
import com.ghgande.j2mod.modbus.facade.ModbusTCPMaster;
import com.ghgande.j2mod.modbus.procimg.Register;
import com.ghgande.j2mod.modbus.procimg.SimpleRegister;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.FramePool;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.Matching;
import goshawk.camera.Signals;
import goshawk.camera.Trigger;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against j2mod's own client, over a real connection. */
class ModbusTriggersTest {

    private static final int UNIT = 1;
    private static final int MISSED = 105;
    private static final int OVERRUNS = 106;
    private static final int REFUSED = 107;
    private static final int REFUSAL = 108;

    private final Signals signals = new Signals(Duration.ZERO);
    private final AtomicBoolean pictures = new AtomicBoolean();
    private int port;
    private FramePool pool;
    private LiveFrameSource camera;
    private ModbusTriggers triggers;
    private ModbusTCPMaster controller;

    @BeforeEach
    void open() throws Exception {
        port = freePort();
        pool = new FramePool(1, 12);
        // A camera that nobody answers for: each trigger is a miss that bears its name.
        var limits = new Limits(Duration.ZERO, Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofMillis(100));
        camera = LiveFrameSource.rtsp(
                "rtsp://127.0.0.1:" + freePort() + "/",
                Optional.empty(),
                pool,
                limits,
                signals,
                new Matching.FirstAfter(Duration.ofMillis(50)));
        triggers = start(port, ModbusTriggers.Naming.TEXT);
        controller = new ModbusTCPMaster("127.0.0.1", port);
        controller.connect();
    }

    @AfterEach
    void close() {
        controller.disconnect();
        triggers.close();
        camera.close();
        pool.close();
    }

    @Test
    void whatAControllerWritesIsATriggerOnceItHasBegun() throws Exception {
        trigger("EARLY", 7);
        assertThat(read(REFUSAL)).isEqualTo(1);
        assertThat(read(102)).isZero();
        trigger("", 0);
        trigger("SN-7", 7);
        trigger("SN-7", 7);
        trigger("SN-7", 7);
        trigger("", 8);
        assertThat(part()).isEqualTo("SN-7");
        assertThat(part()).endsWith("-000002");
        assertThat(read(102)).isEqualTo(8);
        assertThat(read(REFUSAL)).isZero();
        assertThat(signals.counts()).isEqualTo(new Signals.Counts(2, 0, 0, 0, 0));
    }

    @Test
    void aNumberThatIsLeftOutIsAPartThatWasMissed() throws Exception {
        trigger("", 0);
        trigger("A", 65_533);
        trigger("B", 1);
        assertThat(part()).isEqualTo("A");
        for (int number = 65_534; number <= 65_535; number++) {
            assertThat(((Capture.Missed) camera.next().orElseThrow()).detail())
                    .isEqualTo("trigger number %d did not reach the station".formatted(number));
        }
        assertThat(part()).isEqualTo("B");
        assertThat(read(MISSED)).isEqualTo(2);
        trigger("C", 2);
        assertThat(part()).isEqualTo("C");
        assertThat(read(102)).isEqualTo(2);
    }

    @Test
    void aNumberThatRunsBackIsNoTriggerUntilTheControllerBeginsAnew() throws Exception {
        trigger("", 0);
        trigger("A", 100);
        trigger("B", 99);
        assertThat(read(REFUSAL)).isEqualTo(2);
        trigger("B", 99);
        assertThat(read(REFUSED)).as("of a number that stands there").isEqualTo(1);
        assertThat(read(102)).isEqualTo(100);
        trigger("", 0);
        trigger("C", 1);
        assertThat(part()).isEqualTo("A");
        assertThat(part()).isEqualTo("C");
        assertThat(read(MISSED)).isZero();
    }

    @Test
    void aPartThatIsNoNameIsRefusedAndItsNumberIsMissed() throws Exception {
        trigger("", 0);
        trigger("A", 1);
        trigger("../etc", 2);
        assertThat(read(REFUSAL)).isEqualTo(3);
        trigger("C", 3);
        assertThat(part()).isEqualTo("A");
        assertThat(((Capture.Missed) camera.next().orElseThrow()).detail()).contains("trigger number 2");
        assertThat(part()).isEqualTo("C");
    }

    /** Otherwise the next part, whose name the controller did not write, would bear this one's. */
    @Test
    void aNameIsOfOnePartOnly() throws Exception {
        trigger("", 0);
        trigger("A", 1);
        number(2);
        assertThat(part()).isEqualTo("A");
        assertThat(part()).endsWith("-000002");
    }

    /** A number that stands there while the line starts is about a part that has gone. */
    @Test
    void aNumberFromBeforeTheLineRanIsNoTriggerLater() throws Exception {
        int other = freePort();
        var unheard = new Signals(Duration.ZERO);
        var client = new ModbusTCPMaster("127.0.0.1", other);
        try (var _ = ModbusTriggers.start(
                new ModbusTriggers.Settings("127.0.0.1", other, ModbusTriggers.Naming.TEXT), unheard, () -> false)) {
            client.connect();
            client.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(0));
            client.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(5));
            assertThat(client.readInputRegisters(UNIT, REFUSAL, 1)[0].getValue())
                    .isEqualTo(4);
            assertThat(client.readInputRegisters(UNIT, 101, 1)[0].getValue()).isEqualTo(ModbusTriggers.STATUS_BEGUN);
            try (var framePool = new FramePool(1, 12);
                    var _ = LiveFrameSource.rtsp(
                            "rtsp://127.0.0.1:" + freePort() + "/",
                            Optional.empty(),
                            framePool,
                            Limits.every(Duration.ZERO),
                            unheard,
                            new Matching.FirstAfter(Duration.ofMillis(50)))) {
                client.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(5));
                assertThat(unheard.counts().accepted()).isZero();
                client.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(6));
                assertThat(unheard.counts().accepted()).isEqualTo(1);
            }
        } finally {
            client.disconnect();
        }
    }

    @Test
    void aPartMayBeANumberOf32Bits() throws Exception {
        int other = freePort();
        var client = new ModbusTCPMaster("127.0.0.1", other);
        try (var _ = start(other, ModbusTriggers.Naming.NUMBER)) {
            client.connect();
            client.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(0));
            client.writeMultipleRegisters(
                    UNIT, 0, new Register[] {new SimpleRegister(0xFFFF), new SimpleRegister(0xFFFE)});
            client.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(1));
        } finally {
            client.disconnect();
        }
        assertThat(part()).isEqualTo("4294967294");
    }

    @Test
    void theStationTellsHowItIs() throws Exception {
        assertThat(read(100)).isEqualTo(1);
        assertThat(read(101)).isEqualTo(ModbusTriggers.STATUS_TAKES_TRIGGERS);
        pictures.set(true);
        number(0);
        controller.writeSingleRegister(UNIT, ModbusTriggers.HEARTBEAT, new SimpleRegister(17));
        assertThat(read(101)).isEqualTo(15);
        assertThat(controller.readMultipleRegisters(UNIT, 104, 1)[0].getValue())
                .as("both kinds of registers tell it")
                .isEqualTo(17);
        int beat = read(103);
        await().atMost(Duration.ofSeconds(20)).until(() -> read(103) != beat);
        await().atMost(Duration.ofSeconds(30)).until(() -> read(101) == 7);
        triggers.captured(new Capture.Missed(new Trigger(1, "A", Instant.EPOCH, 0), Cause.OVERRUN, "", false));
        triggers.captured(new Capture.Missed(new Trigger(2, "B", Instant.EPOCH, 0), Cause.NO_FRAME, "", false));
        assertThat(read(OVERRUNS)).isEqualTo(1);
        camera.close();
        assertThat(read(101) & ModbusTriggers.STATUS_TAKES_TRIGGERS).isZero();
    }

    @Test
    void whatIsNoRegisterOfTheControllersIsRefused() {
        for (int address : new int[] {34, 100, 102, 199, 200, 65_535}) {
            assertThatThrownBy(() -> controller.writeSingleRegister(UNIT, address, new SimpleRegister(1)))
                    .as("address %d", address)
                    .isInstanceOfSatisfying(
                            ModbusSlaveException.class,
                            e -> assertThat(e.getType()).isEqualTo(2));
        }
        assertThatThrownBy(() -> controller.readInputRegisters(UNIT, 150, 51)).isInstanceOf(ModbusSlaveException.class);
        assertThatThrownBy(() -> controller.writeCoil(UNIT, 0, true)).isInstanceOf(ModbusSlaveException.class);
    }

    /** Whatever comes: no trigger, and whoever speaks as he should is answered. */
    @Test
    void rubbishNeitherTriggersNorStopsAnything() throws Exception {
        number(0);
        byte[] good = {0, 1, 0, 0, 0, 11, 1, 16, 0, 100, 0, 2, 4, 0, 1, 0, 2};
        for (long seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            byte[] sent = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                int at = random.nextInt(sent.length);
                if (at != 9) { // writes to what the station tells stay what they are
                    sent[at] = (byte) random.nextInt(256);
                }
            }
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(sent, 0, 1 + random.nextInt(sent.length));
            }
        }
        controller.disconnect();
        controller.connect();
        trigger("A", 1);
        assertThat(part()).isEqualTo("A");
        assertThat(signals.counts().accepted()).isEqualTo(1);
    }

    @Test
    void aConnectionThatStandsWhenTheStationStopsTriggersNothing() throws Exception {
        number(0);
        triggers.close();
        assertThatThrownBy(() -> number(1)).isInstanceOf(ModbusException.class);
        assertThat(signals.counts().accepted()).isZero();
    }

    @Test
    void anAddressThatCannotBeListenedOnIsNamed() throws IOException {
        assertThatThrownBy(() -> start(port, ModbusTriggers.Naming.TEXT).close())
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("127.0.0.1, port " + port);
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> start(taken.getLocalPort(), ModbusTriggers.Naming.TEXT)
                            .close())
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("port %d".formatted(taken.getLocalPort()))
                    .hasMessageContaining("Address already in use")
                    .hasMessageContaining("give 'host' an address of this machine");
        }
        assertThatThrownBy(() -> ModbusTriggers.start(
                                new ModbusTriggers.Settings("192.0.2.1", freePort(), ModbusTriggers.Naming.TEXT),
                                signals,
                                () -> true)
                        .close())
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("192.0.2.1");
    }

    private ModbusTriggers start(int onPort, ModbusTriggers.Naming naming) {
        return ModbusTriggers.start(new ModbusTriggers.Settings("127.0.0.1", onPort, naming), signals, pictures::get);
    }

    private String part() throws InterruptedException {
        return camera.next().orElseThrow().trigger().part();
    }

    private int read(int address) throws Exception {
        return controller.readInputRegisters(UNIT, address, 1)[0].getValue();
    }

    private void number(int number) throws Exception {
        controller.writeSingleRegister(UNIT, ModbusTriggers.NUMBER, new SimpleRegister(number));
    }

    /** Part and number in one request, as most controllers do. */
    private void trigger(String part, int number) throws Exception {
        byte[] text = part.getBytes(StandardCharsets.UTF_8);
        var registers = new Register[ModbusTriggers.NUMBER + 1];
        for (int i = 0; i < ModbusTriggers.NUMBER; i++) {
            registers[i] = new SimpleRegister(at(text, 2 * i) << 8 | at(text, 2 * i + 1));
        }
        registers[ModbusTriggers.NUMBER] = new SimpleRegister(number);
        controller.writeMultipleRegisters(UNIT, 0, registers);
    }

    private static int at(byte[] text, int index) {
        return index < text.length ? text[index] & 0xFF : 0;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

package goshawk.appliance.control;

import com.ghgande.j2mod.modbus.ModbusException;
import com.ghgande.j2mod.modbus.procimg.SimpleProcessImage;
import com.ghgande.j2mod.modbus.slave.ModbusSlave;
import com.ghgande.j2mod.modbus.slave.ModbusSlaveFactory;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Signals;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Triggers that a controller writes over Modbus TCP; the station is the server. The registers are in {@code
 * docs/triggers.md}: what is told there stays as it is, and results will have addresses that are kept free.
 *
 * <p>j2mod's threads serve the connections; they write into {@link TriggerRegisters} and wait for nothing.
 */
public final class ModbusTriggers implements AutoCloseable {

    static final int NUMBER = PartRegisters.COUNT;
    static final int HEARTBEAT = NUMBER + 1;
    static final int TOLD = 100;
    static final int ADDRESSES = 200;

    /** Rises when a register comes to mean something else. */
    static final int MAP_VERSION = 1;

    static final int STATUS_TAKES_TRIGGERS = 1;
    static final int STATUS_CAMERA = 2;
    static final int STATUS_BEGUN = 4;
    static final int STATUS_CONTROLLER = 8;

    private static final Logger log = LoggerFactory.getLogger(ModbusTriggers.class);
    private static final Duration BEAT = Duration.ofMillis(500);
    private static final int CONNECTIONS = 4;
    private static final int IDLE_SECONDS = 60;

    /** On TCP a unit means nothing; these are what clients send who do not care. */
    private static final int[] UNITS = {0, 1, 255};

    private final Signals signals;
    private final BooleanSupplier camera;
    private final TriggerRegisters triggers;
    private final Heartbeats heartbeats = new Heartbeats();
    private final AtomicLong overruns = new AtomicLong();
    private final ModbusSlave server;
    private final Thread beating = Thread.ofVirtual().name("heartbeat").unstarted(this::beat);

    /**
     * @param host name or address of this machine that is listened on
     * @param naming how the controller names parts
     */
    public record Settings(String host, int port, Naming naming) {}

    /** How a controller names a part. */
    public enum Naming {
        /** As text in UTF-8, two bytes a register, the first one high; ends with a 0 or the last register. */
        TEXT,
        /** As a number of 32 bits in the first two registers, the high one first; 0 is no part. */
        NUMBER
    }

    private ModbusTriggers(ModbusSlave server, Naming naming, Signals signals, BooleanSupplier camera) {
        this.server = server;
        this.signals = signals;
        this.camera = camera;
        this.triggers = new TriggerRegisters(signals, naming);
    }

    /**
     * Starts to listen.
     *
     * @param camera true while the camera's pictures come
     * @throws ControlException when the address cannot be listened on
     */
    public static ModbusTriggers start(Settings settings, Signals signals, BooleanSupplier camera) {
        ModbusSlave server;
        try {
            refuseTakenPort(settings);
            server = ModbusSlaveFactory.createTCPSlave(
                    InetAddress.getByName(settings.host()), settings.port(), CONNECTIONS, false, IDLE_SECONDS);
        } catch (IOException | ModbusException e) {
            throw refused(settings, e);
        }
        var started = new ModbusTriggers(server, settings.naming(), signals, camera);
        SimpleProcessImage registers = started.registers();
        for (int unit : UNITS) {
            server.addProcessImage(unit, registers);
        }
        try {
            server.open();
        } catch (ModbusException e) {
            ModbusSlaveFactory.close(server);
            throw refused(settings, e);
        }
        started.beating.start();
        log.info("triggers are taken over Modbus TCP on {}, port {}", settings.host(), settings.port());
        return started;
    }

    /** j2mod hands out the server that it has on a port, whoever started it. */
    private static void refuseTakenPort(Settings settings) throws IOException {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByName(settings.host()), settings.port()));
        }
    }

    private static ControlException refused(Settings settings, Exception why) {
        return new ControlException(
                "no controller can be listened to on %s, port %d: %s; give 'host' an address of this machine and 'port' one that is free (below 1024 only with the right to it)"
                        .formatted(settings.host(), settings.port(), why.getMessage()),
                why);
    }

    private SimpleProcessImage registers() {
        var registers = new SimpleProcessImage();
        for (int address = 0; address < ADDRESSES; address++) {
            Word word = word(address);
            registers.addRegister(word);
            registers.addInputRegister(word); // some controllers read the one kind, some the other
        }
        return registers;
    }

    private Word word(int address) {
        if (address < PartRegisters.COUNT) {
            return Word.written(() -> triggers.part(address), word -> triggers.writePart(address, word));
        }
        return switch (address) {
            case NUMBER -> Word.written(triggers::number, triggers::writeNumber);
            case HEARTBEAT -> Word.written(heartbeats::theirs, beat -> heartbeats.hear(beat, System.nanoTime()));
            default -> Word.readOnly(told(address - TOLD));
        };
    }

    private IntSupplier told(int index) {
        return switch (index) {
            case 0 -> () -> MAP_VERSION;
            case 1 -> this::status;
            case 2 -> triggers::taken;
            case 3 -> heartbeats::ours;
            case 4 -> heartbeats::theirs;
            case 5 -> () -> (int) signals.counts().missed();
            case 6 -> () -> (int) overruns.get();
            case 7 -> () -> (int) triggers.refused();
            case 8 -> () -> triggers.refusal().code;
            default -> () -> 0; // kept free
        };
    }

    private int status() {
        return (signals.isListenedTo() ? STATUS_TAKES_TRIGGERS : 0)
                | (camera.getAsBoolean() ? STATUS_CAMERA : 0)
                | (triggers.hasBegun() ? STATUS_BEGUN : 0)
                | (heartbeats.isAlive() ? STATUS_CONTROLLER : 0);
    }

    private void beat() {
        try {
            while (true) {
                TimeUnit.NANOSECONDS.sleep(BEAT.toNanos());
                heartbeats.beat(System.nanoTime());
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Counts what became of triggers. For any thread; returns at once. */
    public void captured(Capture capture) {
        if (capture instanceof Capture.Missed missed && missed.cause() == Cause.OVERRUN) {
            overruns.incrementAndGet();
        }
    }

    @Override
    public void close() {
        beating.interrupt();
        ModbusSlaveFactory.close(server);
    }
}

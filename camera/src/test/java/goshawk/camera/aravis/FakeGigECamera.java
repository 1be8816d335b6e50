package goshawk.camera.aravis;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A camera on the loopback interface: the program of Debian's aravis-tools, which speaks GigE Vision as a real one does. It can
 * be pulled out, frozen and put in again. Each has an address of its own, so that several tests may run at once.
 */
public final class FakeGigECamera implements AutoCloseable {

    private static final String PROGRAM = "arv-fake-gv-camera-0.8";
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String address;
    private final String serial;
    private final List<String> options;
    private Process process;

    private FakeGigECamera(String address, String serial, List<String> options) throws IOException {
        this.address = address;
        this.serial = serial;
        this.options = options;
        this.process = started();
    }

    /** Why there can be none on this machine, with the remedy; empty when there can. */
    public static Optional<String> obstacle() {
        if (!isInstalled(PROGRAM) || !isInstalled("ip")) {
            return Optional.of(
                    "no fake camera here, GenICam cameras are not tested; ./camera/tools.sh genicam installs it");
        }
        return "root".equals(System.getProperty("user.name"))
                ? Optional.empty()
                : Optional.of(
                        "only root may add an address to the loopback interface, GenICam cameras are not tested; run as root");
    }

    /** For tests, which are skipped where there can be none: as {@link #start}. */
    public static FakeGigECamera plugIn(String serial, String... options) throws IOException {
        assumeTrue(obstacle().isEmpty(), obstacle().orElse(""));
        return start(serial, options);
    }

    /** @param options further ones of the program, such as {@code -r} with the packets to lose in a thousand */
    public static FakeGigECamera start(String serial, String... options) throws IOException {
        var camera = new FakeGigECamera(ownAddress(), serial, List.of(options));
        try {
            camera.awaitAnswer();
            return camera;
        } catch (RuntimeException e) {
            camera.close();
            throw e;
        }
    }

    /** The options of one that offers PTP; {@code ptp.xml} says how. */
    public static String[] offeringPtp() {
        return new String[] {
            "-g",
            Path.of(System.getProperty("goshawk.root"), "camera/src/test/genicam/ptp.xml")
                    .toString()
        };
    }

    private static boolean isInstalled(String program) {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** The fake camera listens on one fixed port, and only on an address that an interface has. */
    private static String ownAddress() throws IOException {
        long pid = ProcessHandle.current().pid();
        String address = "127.%d.%d.%d".formatted(1 + pid / 250 % 250, 1 + pid % 250, 1 + NEXT.getAndIncrement());
        int added = run("ip", "address", "add", address + "/8", "dev", "lo");
        if (added != 0) {
            throw new IllegalStateException("no address can be added to the loopback interface");
        }
        return address;
    }

    private Process started() throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAM, "-i", address, "-s", serial));
        command.addAll(options);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void awaitAnswer() {
        for (int i = 0; i < 30; i++) {
            if (GenicamCameras.list().stream().anyMatch(it -> it.address().equals(address))) {
                return;
            }
            if (!process.isAlive()) {
                throw new IllegalStateException("%s ended with %d".formatted(PROGRAM, process.exitValue()));
            }
        }
        throw new IllegalStateException(PROGRAM + " does not answer at " + address);
    }

    public String address() {
        return address;
    }

    public String serial() {
        return serial;
    }

    /** As if its cable were cut: it is gone at once and says nothing. */
    public void pullOut() {
        process.destroyForcibly().onExit().join();
    }

    /** Puts it in again, as it is after power on. */
    public void putIn() throws IOException {
        process = started();
    }

    /** It hangs, and keeps its sockets. */
    public void freeze() throws IOException {
        signal("STOP");
    }

    public void thaw() throws IOException {
        signal("CONT");
    }

    private void signal(String name) throws IOException {
        var _ = run("kill", "-" + name, Long.toString(process.pid()));
    }

    @Override
    public void close() throws IOException {
        pullOut();
        var _ = run("ip", "address", "delete", address + "/8", "dev", "lo");
    }

    private static int run(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .onExit()
                .join()
                .exitValue();
    }
}

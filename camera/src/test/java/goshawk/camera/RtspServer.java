package goshawk.camera;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real RTSP server, from Debian's GStreamer, that can be killed, stopped, continued and started again at its port. */
final class RtspServer implements AutoCloseable {

    static final String PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base"
            + " gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly";

    /** Debian's own: another Python that comes first on the path has no GStreamer. */
    private static final String PYTHON = "/usr/bin/python3";

    private static final String PROBE = """
            import gi
            gi.require_version("Gst", "1.0")
            gi.require_version("GstRtspServer", "1.0")
            from gi.repository import Gst, GstRtspServer
            Gst.init(None)
            raise SystemExit(not all(Gst.ElementFactory.find(it) for it in ("x264enc", "x265enc", "rtph264pay", "videotestsrc")))
            """;

    private final List<String> command;
    private final int port;
    private Process process;

    private RtspServer(List<String> command, int port) {
        this.command = command;
        this.port = port;
        this.process = launch();
    }

    static boolean isInstalled() throws IOException, InterruptedException {
        return Files.isExecutable(Path.of(PYTHON))
                && new ProcessBuilder(PYTHON, "-c", PROBE)
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0;
    }

    /** @param account user and password, or nothing */
    static RtspServer start(String codec, int width, int height, int framesPerSecond, String... account)
            throws IOException {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path script = Path.of(System.getProperty("goshawk.root"), "camera/src/test/rtsp/server.py");
        List<String> command = new ArrayList<>(List.of(
                PYTHON,
                script.toString(),
                Integer.toString(port),
                codec,
                Integer.toString(width),
                Integer.toString(height),
                Integer.toString(framesPerSecond)));
        command.addAll(Arrays.asList(account));
        return new RtspServer(command, port);
    }

    private Process launch() {
        try {
            Process started = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!"ready".equals(started.inputReader().readLine())) {
                throw new IOException("the RTSP server did not start: " + command);
            }
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String address() {
        return "rtsp://127.0.0.1:" + port + "/camera";
    }

    /** As when somebody pulls the plug of the camera's power: the connection breaks at once. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As when its firmware hangs: the connection stands, and nothing comes. */
    void stop() throws IOException, InterruptedException {
        signal("STOP");
    }

    void go() throws IOException, InterruptedException {
        signal("CONT");
    }

    void restart() {
        process = launch();
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

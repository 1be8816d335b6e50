package goshawk.appliance.publish;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A wire to the broker that can be cut, and that can lose what the broker answers. */
final class BrokenWire implements AutoCloseable {

    private final ServerSocket listening;
    private final int brokerPort;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private volatile boolean cut;
    private volatile boolean mute;

    private BrokenWire(ServerSocket listening, int brokerPort) {
        this.listening = listening;
        this.brokerPort = brokerPort;
    }

    static BrokenWire to(int brokerPort) throws IOException {
        var wire = new BrokenWire(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()), brokerPort);
        Thread.ofVirtual().name("wire").start(wire::accept);
        return wire;
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Ends every connection, without a word to either side, and takes no new one until {@link #mend()}. */
    void cut() {
        cut = true;
        open.forEach(BrokenWire::end);
        open.clear();
    }

    /** From here on the broker is not heard, as when it dies before it has answered. */
    void mute() {
        mute = true;
    }

    void mend() {
        mute = false;
        cut = false;
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket near = listening.accept();
                if (cut) {
                    end(near);
                    continue;
                }
                var far = new Socket(InetAddress.getLoopbackAddress(), brokerPort);
                open.add(near);
                open.add(far);
                Thread.ofVirtual().start(() -> carry(near, far, false));
                Thread.ofVirtual().start(() -> carry(far, near, true));
            } catch (IOException e) {
                // Closed, or the broker is away: the caller finds a dead connection.
            }
        }
    }

    private void carry(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[4_096];
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!(answers && mute)) {
                    out.write(buffer, 0, read);
                    out.flush();
                }
            }
        } catch (IOException e) {
            // Cut.
        }
        end(from);
        end(to);
    }

    private static void end(Socket socket) {
        try {
            socket.setSoLinger(true, 0); // a reset, as from a machine that died
            socket.close();
        } catch (IOException e) {
            // Already ended.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }
}

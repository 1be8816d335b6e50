package goshawk.appliance.remote;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on this machine that answers well, or badly in one of the ways in which servers do. */
final class FaultyServer implements AutoCloseable {

    /** How it behaves from now on. */
    enum Mood {
        WELL,
        /** Takes the request and says nothing. */
        HANGS,
        FAILS,
        BUSY,
        TALKS_NONSENSE,
        /** JSON of the right form, whose content is no verdict. */
        CHATS,
        /** A byte now and then. */
        DRIPS,
        CLOSES_EARLY,
        /** More than anybody wants. */
        FLOODS
    }

    private static final int DRIP_MS = 50;

    private final ServerSocket socket;
    /** What was asked, with its head. */
    final Queue<String> requests = new ConcurrentLinkedQueue<>();

    final AtomicInteger atOnce = new AtomicInteger();
    final AtomicInteger mostAtOnce = new AtomicInteger();
    volatile Mood mood = Mood.WELL;
    /** The content of a good answer. */
    volatile String answer = "{\"verdict\":\"PASS\"}";
    /** JSON of the good answer's logprobs. */
    volatile String logprobs = "null";

    volatile long thinksMs;

    FaultyServer() throws IOException {
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/v1");
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            var in = new BufferedInputStream(client.getInputStream());
            while (true) {
                requests.add(request(in));
                mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                try {
                    if (!answer(client)) {
                        return;
                    }
                } finally {
                    atOnce.decrementAndGet();
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // the client has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return false when the connection is to be closed */
    private boolean answer(Socket client) throws IOException, InterruptedException {
        var out = client.getOutputStream();
        Thread.sleep(thinksMs);
        switch (mood) {
            case WELL -> out.write(http("200 OK", good(answer)));
            case HANGS -> Thread.sleep(60_000);
            case FAILS -> out.write(http("500 Internal Server Error", "{\"error\":{\"message\":\"out of memory\"}}"));
            case BUSY -> out.write(http("429 Too Many Requests", "{\"error\":{\"message\":\"later\"}}"));
            case TALKS_NONSENSE -> out.write(http("200 OK", "<html>It works!</html>"));
            case CHATS -> out.write(http("200 OK", good("The part looks good to me.")));
            case DRIPS -> {
                for (byte one : http("200 OK", good(answer))) {
                    out.write(one);
                    Thread.sleep(DRIP_MS);
                }
            }
            case CLOSES_EARLY -> {
                byte[] whole = http("200 OK", good(answer));
                out.write(whole, 0, whole.length - 20);
                return false;
            }
            case FLOODS -> {
                out.write(head("200 OK", Integer.MAX_VALUE));
                byte[] much = new byte[1 << 20];
                for (int i = 0; i < 100; i++) {
                    out.write(much);
                }
                return false;
            }
        }
        out.flush();
        return true;
    }

    private String good(String content) {
        return "{\"choices\":[{\"message\":{\"content\":\"%s\"},\"logprobs\":%s}]}"
                .formatted(content.replace("\"", "\\\""), logprobs);
    }

    private static byte[] http(String status, String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        return (new String(head(status, content.length), StandardCharsets.UTF_8) + body)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] head(String status, int length) {
        return "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(status, length)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String request(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no more requests");
            }
            head.append((char) next);
        }
        int length = head.toString()
                .lines()
                .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")))
                .sum();
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package goshawk.appliance.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One page in a Chromium without a screen, driven over its DevTools protocol: no library, no download. */
final class Browser implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on ws://([^/]+)/");

    private final Process chromium;
    private final WebSocket socket;
    private final AtomicInteger sent = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** Where this machine has it, if it has it. */
    static Optional<Path> installed() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .map(name -> Path.of("/usr/bin", name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param profile an empty folder, for the browser alone */
    Browser(Path program, Path profile) throws Exception {
        var builder = new ProcessBuilder(
                        program.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--no-first-run",
                        "--window-size=1280,800",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("TMPDIR", profile.toString());
        chromium = builder.start();
        String address = address();
        drainErrors();
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(pageOf(address)), new Listener())
                .get(30, TimeUnit.SECONDS);
        call("Runtime.enable", JSON.createObjectNode());
        call("Log.enable", JSON.createObjectNode());
    }

    private String address() throws IOException {
        var errors = chromium.errorReader(StandardCharsets.UTF_8);
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
            Matcher found = LISTENING.matcher(line);
            if (found.find()) {
                return found.group(1);
            }
        }
        throw new IOException("chromium ended before it listened");
    }

    /** A full pipe would stop the browser. */
    private void drainErrors() {
        Thread.ofVirtual().start(() -> {
            try (var errors = chromium.errorReader(StandardCharsets.UTF_8)) {
                while (errors.readLine() != null) {
                    // of no interest
                }
            } catch (IOException | UncheckedIOException e) {
                // it ended
            }
        });
    }

    private static String pageOf(String address) throws IOException {
        JsonNode targets;
        try (var list = URI.create("http://" + address + "/json").toURL().openStream()) {
            targets = JSON.readTree(list);
        }
        for (JsonNode target : targets) {
            if (target.get("type").asText().equals("page")) {
                return target.get("webSocketDebuggerUrl").asText();
            }
        }
        throw new IOException("chromium has no page: " + targets);
    }

    void open(URI page) {
        call("Page.navigate", JSON.createObjectNode().put("url", page.toString()));
    }

    /** The value of a JavaScript expression, as text. */
    String evaluate(String expression) {
        JsonNode answer = call(
                "Runtime.evaluate",
                JSON.createObjectNode().put("expression", expression).put("returnByValue", true));
        if (answer.has("exceptionDetails")) {
            return answer.at("/exceptionDetails/exception/description").asText();
        }
        return answer.at("/result/value").asText();
    }

    void press(String key, int code) {
        for (String type : List.of("keyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    JSON.createObjectNode().put("type", type).put("key", key).put("windowsVirtualKeyCode", code));
        }
    }

    /** Uncaught exceptions and errors of the console so far: scripts that failed, files that the policy refused. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    private JsonNode call(String method, ObjectNode parameters) {
        int id = sent.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        waiting.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", parameters);
        socket.sendText(message.toString(), true).join();
        return answer.orTimeout(30, TimeUnit.SECONDS).join();
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                hear(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }

        private void hear(String message) {
            try {
                JsonNode heard = JSON.readTree(message);
                switch (heard.path("method").asText()) {
                    case "Runtime.exceptionThrown" ->
                        complaints.add(heard.at("/params/exceptionDetails").toString());
                    case "Log.entryAdded" -> {
                        if (heard.at("/params/entry/level").asText().equals("error")) {
                            complaints.add(heard.at("/params/entry/text").asText());
                        }
                    }
                    default -> {
                        var answer = waiting.remove(heard.path("id").asInt());
                        if (answer != null) {
                            answer.complete(heard.path("result"));
                        }
                    }
                }
            } catch (IOException e) {
                complaints.add("not JSON: " + message);
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        List<ProcessHandle> all = new ArrayList<>(chromium.descendants().toList());
        chromium.destroy();
        try {
            if (!chromium.waitFor(10, TimeUnit.SECONDS)) {
                chromium.destroyForcibly();
            }
        } catch (InterruptedException e) {
            chromium.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        // Their profile can be deleted only when none of them writes into it any more.
        all.forEach(process -> {
            process.destroyForcibly();
            process.onExit()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .exceptionally(_ -> process)
                    .join();
        });
    }
}

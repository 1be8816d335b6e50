package goshawk.appliance;

import goshawk.appliance.api.ApiServer;
import goshawk.appliance.api.ApiStartException;
import goshawk.appliance.api.BearerToken;
import goshawk.appliance.recipe.Section;
import goshawk.appliance.remote.RemoteServer;
import goshawk.appliance.remote.SecondOpinionInspector;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The sections {@code api}, {@code secondOpinion} and {@code engine} of a station's file. */
record NetworkReader(Section root, Path folder) {

    private static final Duration LEAST = Duration.ofMillis(10);
    private static final Duration MOST = Duration.ofMinutes(10);
    private static final Duration LEAST_ANSWER = Duration.ofMillis(100);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration RESERVE = Duration.ofMillis(200);
    private static final int AT_ONCE = 4;

    Network network() {
        Optional<RemoteServer> engine = root.optionalSection("engine").flatMap(this::remoteEngine);
        Optional<ApiServer.Door> api =
                root.optionalSection("api").flatMap(section -> section.make(() -> door(section)));
        if (engine.isPresent() && root.has("api")) {
            root.problem("api", "'api' serves this station's model, and 'engine' says that it has none of its own");
        }
        if (engine.isPresent() && root.has("model")) {
            root.problem("model", "'model' is this station's, and 'engine' says that it has none of its own");
        }
        return new Network(
                api,
                root.optionalSection("secondOpinion").flatMap(section -> section.make(() -> opinion(section))),
                engine);
    }

    private Optional<RemoteServer> remoteEngine(Section section) {
        Optional<RemoteServer> server =
                section.optionalSection("remote").flatMap(remote -> remote.make(() -> server(remote)));
        for (String key : List.of("process", "answerWithin")) {
            if (section.has("remote") && section.has(key)) {
                section.problem(
                        key, "'%s' is of an engine of this station's, 'remote' says that it has none".formatted(key));
            }
        }
        return server;
    }

    /** Where the station's own model runs. */
    OwnEngine own() {
        return root.optionalSection("engine")
                .map(section -> new OwnEngine(
                        section.flag("process", false),
                        section.duration("answerWithin", LEAST_ANSWER, MOST, OwnEngine.ANSWER_WITHIN)))
                .orElse(OwnEngine.HERE);
    }

    private ApiServer.Door door(Section section) {
        String host = section.text("host", "127.0.0.1");
        int port = section.whole("port", 1, 65_535, ServeCommand.PORT);
        try {
            return new ApiServer.Door(host, port, BearerToken.read(file(section)));
        } catch (ApiStartException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private SecondOpinionInspector.Settings opinion(Section section) {
        return new SecondOpinionInspector.Settings(
                server(section),
                section.choice("askWhen", SecondOpinionInspector.When.class, SecondOpinionInspector.When.REVIEW),
                section.duration("reserve", Duration.ZERO, MOST, RESERVE));
    }

    private RemoteServer server(Section section) {
        String url = section.text("url");
        return new RemoteServer(
                URI.create(url.isEmpty() ? "http://none/v1" : url),
                section.text("model"),
                section.has("tokenFile") ? token(section) : "",
                section.duration("timeout", LEAST, MOST, TIMEOUT),
                section.whole("atOnce", 1, 64, AT_ONCE),
                section.has("reasoningEffort") ? Optional.of(section.text("reasoningEffort")) : Optional.empty());
    }

    private String token(Section section) {
        try {
            return Files.readString(file(section)).strip();
        } catch (IOException e) {
            section.problem("tokenFile", "the server's token cannot be read: " + e);
            return "";
        }
    }

    private Path file(Section section) {
        return folder.resolve(section.text("tokenFile")).normalize();
    }
}

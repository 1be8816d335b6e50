package goshawk.appliance;

import goshawk.appliance.api.ApiServer;
import goshawk.appliance.api.BearerToken;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.inspect.ModelInput;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Serves a model to OpenAI's clients (/v1/chat/completions, /v1/models) until it is stopped.",
            "No line runs here; a station serves beside its line when its file has a section api."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:it was stopped", "2:something could not be opened; the message says what"})
final class ServeCommand implements Callable<Integer> {

    static final int PORT = 8_081;
    private static final String TOKEN = "GOSHAWK_API_TOKEN";

    @Option(
            names = "--token-file",
            description = "File whose first line is the bearer token that clients send; or set " + TOKEN + ".")
    private Optional<Path> tokenFile = Optional.empty();

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "Address to listen on (${DEFAULT-VALUE}).")
    private String host = "";

    @Option(names = "--port", defaultValue = "" + PORT, description = "Port, 0 for any free one (${DEFAULT-VALUE}).")
    private int port;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() throws InterruptedException {
        var door = new ApiServer.Door(host, port, token());
        var folder = model.engine();
        var isStopping = new AtomicBoolean();
        var isClosed = new CountDownLatch(1);
        // This thread opens the engine, so it is the one that serves.
        try (ModelInput input = ModelInput.open(model.checkpoint());
                Engine engine = model.open(folder);
                var share = new EngineShare(engine);
                var server = ApiServer.start(door, share, engine.identity(), model.checkpoint(), input)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(isStopping, share, isClosed), "stopping"));
            System.out.printf(
                    "Model %s is served at %s, to whoever has the token.%n",
                    engine.identity().name(), server.address());
            share.serveUntil(isStopping::get);
        } finally {
            isClosed.countDown();
        }
        return 0;
    }

    private BearerToken token() {
        return tokenFile
                .map(BearerToken::read)
                .or(() -> Optional.ofNullable(System.getenv(TOKEN)).map(BearerToken::of))
                .orElseThrow(
                        () -> new CommandException(
                                "nobody could ask without a token: give --token-file FILE, made with openssl rand -hex 32 > FILE"));
    }

    private static void stop(AtomicBoolean isStopping, EngineShare share, CountDownLatch isClosed) {
        isStopping.set(true);
        share.ring();
        try {
            isClosed.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package goshawk.appliance.api;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.engine.Engines;
import goshawk.appliance.inspect.ModelInput;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** The checkpoint that is shipped, served on a free port of this machine; its engine has a thread of its own. */
public final class NanoServer implements AutoCloseable {

    public static final String TOKEN = "0123456789abcdef0123456789abcdef";

    private final AtomicBoolean isOver = new AtomicBoolean();
    private final CompletableFuture<Opened> opened = new CompletableFuture<>();
    private final Thread thread;
    private final ModelInput input;
    private final ApiServer server;

    private record Opened(EngineShare share, EngineIdentity identity) {}

    private NanoServer(Path cache, ApiLimits limits) {
        Path checkpoint = Path.of(System.getProperty("goshawk.root", "..")).resolve("trt-build/nano/checkpoint");
        EngineFolder folder = EngineBuilder.build(checkpoint, cache, (_, _, _) -> {});
        thread = Thread.ofPlatform().name("engine").start(() -> serve(folder));
        input = ModelInput.open(checkpoint);
        Opened engine = opened.join();
        server = ApiServer.start(
                new ApiServer.Door("127.0.0.1", 0, BearerToken.of(TOKEN)),
                limits,
                engine.share(),
                engine.identity(),
                checkpoint,
                input);
    }

    public static NanoServer start(Path cache) {
        return start(cache, ApiLimits.USUAL);
    }

    static NanoServer start(Path cache, ApiLimits limits) {
        return new NanoServer(cache, limits);
    }

    private void serve(EngineFolder folder) {
        try (Engine engine = Engines.open(folder, 1);
                var share = new EngineShare(engine)) {
            opened.complete(new Opened(share, engine.identity()));
            share.serveUntil(isOver::get);
        } catch (InterruptedException | RuntimeException e) {
            opened.completeExceptionally(e);
        }
    }

    public URI address() {
        return server.address();
    }

    public String model() {
        return opened.join().identity().name();
    }

    long steps() {
        return opened.join().share().done();
    }

    /** Closing the engine fails loudly when a conversation has left something open. */
    @Override
    public void close() {
        server.close();
        isOver.set(true);
        opened.join().share().ring();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        input.close();
    }
}

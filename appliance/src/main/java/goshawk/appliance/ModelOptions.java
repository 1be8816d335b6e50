package goshawk.appliance;

import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.engine.Engines;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.ModelInspector;
import goshawk.appliance.pose.BoreLocator;
import goshawk.appliance.remote.RemoteInspector;
import goshawk.appliance.remote.RemoteServer;
import goshawk.appliance.remote.SecondOpinionInspector;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Which model answers, and with what. */
final class ModelOptions {

    @Option(names = "--model", description = "Hugging Face checkpoint folder (the nano checkpoint).")
    private Optional<Path> model = Optional.empty();

    @Option(names = "--engines", description = "Where built engines are kept (var/engines).")
    private Optional<Path> engines = Optional.empty();

    @Option(names = "--threads", description = "CPU threads of one computation (all cores, at most 8).")
    private Optional<Integer> threads = Optional.empty();

    /**
     * An inspector and the engine that it asks; closing the inspector closes the engine.
     *
     * @param share of that engine, closed before it; empty when the model is on another machine
     */
    record Opened(Inspector inspector, EngineIdentity engine, Optional<EngineShare> share) {}

    /** Opens an inspector on the calling thread, which alone may use and close it. */
    interface Opening {

        Opened open();

        /** Folder of the checkpoint that answers, where it is on this machine. */
        default Optional<Path> checkpoint() {
            return Optional.empty();
        }
    }

    /** What a station file says, where the command line says nothing. */
    void unlessTold(Optional<Path> model, Path engines) {
        this.model = this.model.or(() -> model);
        this.engines = this.engines.or(() -> Optional.of(engines));
    }

    Path checkpoint() {
        return model.orElseGet(() -> Home.path().resolve("trt-build/nano/checkpoint"));
    }

    Path cache() {
        return engines.orElseGet(() -> Home.path().resolve("var/engines"));
    }

    int threads() {
        return threads.orElseGet(() -> Math.min(8, Runtime.getRuntime().availableProcessors()));
    }

    /** The checkpoint's engine, built now if it is not there yet, with a bar while that takes time. */
    EngineFolder engine() {
        try (var steps = new BuildProgress()) {
            return EngineBuilder.build(checkpoint(), cache(), steps);
        }
    }

    /** Opens the engine for one recipe on the calling thread, which alone may use and close it. */
    Opened open(EngineFolder folder, Recipe recipe) {
        return open(folder, recipe, Optional.empty());
    }

    /** What a station looks with: the checkpoint's engine, built now if need be, or another machine's model. */
    Opening opening(Recipe recipe, Network network) {
        if (network.engine().isPresent()) {
            RemoteServer server = network.engine().get();
            return () -> new Opened(
                    second(recipe, network.secondOpinion(), locator -> RemoteInspector.open(server, recipe, locator)),
                    RemoteInspector.identity(server),
                    Optional.empty());
        }
        EngineFolder folder = engine();
        return new Opening() {
            @Override
            public Opened open() {
                return ModelOptions.this.open(folder, recipe, network.secondOpinion());
            }

            @Override
            public Optional<Path> checkpoint() {
                return Optional.of(ModelOptions.this.checkpoint());
            }
        };
    }

    private Opened open(EngineFolder folder, Recipe recipe, Optional<SecondOpinionInspector.Settings> second) {
        ModelInput input = ModelInput.open(checkpoint());
        Engine engine;
        try {
            engine = Engines.open(folder, threads());
        } catch (RuntimeException e) {
            input.close();
            throw e;
        }
        EngineIdentity identity = engine.identity();
        var share = new EngineShare(engine);
        return new Opened(
                second(recipe, second, locator -> ModelInspector.open(engine, input, recipe, locator)),
                identity,
                Optional.of(share));
    }

    /** With whoever else is to be asked. */
    private static Inspector second(
            Recipe recipe,
            Optional<SecondOpinionInspector.Settings> settings,
            Function<PartLocator, Inspector> inspector) {
        PartLocator locator = BoreLocator.of(recipe);
        return settings.filter(it -> it.when() != SecondOpinionInspector.When.NEVER)
                .<Inspector>map(it -> SecondOpinionInspector.open(it, recipe, locator, inspector))
                .orElseGet(() -> inspector.apply(locator));
    }

    private static final class BuildProgress implements EngineBuilder.Progress, AutoCloseable {

        private String step = "";
        private Optional<Progress> bar = Optional.empty();

        @Override
        public void at(String step, long done, long total) {
            if (!step.equals(this.step)) {
                close();
                this.step = step;
                bar = Optional.of(Progress.start("Engine: " + step, total));
            }
            bar.ifPresent(progress -> progress.at(done));
        }

        @Override
        public void close() {
            bar.ifPresent(Progress::close);
            bar = Optional.empty();
        }
    }
}

package goshawk.appliance;

import goshawk.appliance.domain.CalibratedInspector;
import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.ClipRecipe;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.ActivationObserver;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.engine.Engines;
import goshawk.appliance.engine.process.EngineProcess;
import goshawk.appliance.engine.process.EngineProgram;
import goshawk.appliance.inspect.ClipWatcher;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.ModelInspector;
import goshawk.appliance.pose.ViewLocator;
import goshawk.appliance.quality.QualityGate;
import goshawk.appliance.remote.RemoteInspector;
import goshawk.appliance.remote.RemoteServer;
import goshawk.appliance.remote.SecondOpinionInspector;
import goshawk.camera.Views;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineCache;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.GpuEngineBuilder;
import goshawk.trtbuild.GpuTarget;
import goshawk.trtbuild.Manifest;
import goshawk.trtbuild.TargetProfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Which model answers, and with what. */
final class ModelOptions {

    @Option(names = "--model", description = "Hugging Face checkpoint folder (the nano checkpoint).")
    private Optional<Path> model = Optional.empty();

    @Option(
            names = "--adapter",
            description = "LoRA adapter folder as PEFT saves it; merged into the model when its engine is built.")
    private Optional<Path> adapter = Optional.empty();

    @Option(
            names = "--target",
            description =
                    "${COMPLETION-CANDIDATES}: where the model runs; AUTO takes a GPU where it has an engine that was built and proven, engine build wherever there is one (AUTO).")
    private EngineTarget target = EngineTarget.AUTO;

    @Option(names = "--engines", description = "Where built engines are kept (var/engines).")
    private Optional<Path> engines = Optional.empty();

    @Option(names = "--threads", description = "CPU threads of one computation (all cores, at most 8).")
    private Optional<Integer> threads = Optional.empty();

    @Option(
            names = "--context",
            description = "Tokens that a conversation may have (as many as the model knows and memory holds).")
    private Optional<Integer> context = Optional.empty();

    private long prefixBytes = PrefixCounters.USUAL_BYTES;

    @Option(
            names = "--engine-process",
            description = "Runs the engine in a process of its own, which is started again when it is lost.")
    private boolean hasProcess;

    private Duration answerWithin = OwnEngine.ANSWER_WITHIN;

    /**
     * An inspector and the engine that it asks; closing the inspector closes the engine.
     *
     * @param share of that engine, closed before it; empty when the model is on another machine
     * @param prefixes of that engine's conversations; empty when the model is on another machine
     * @param process of that engine; empty when it has none of its own
     */
    record Opened(
            Inspector inspector,
            EngineIdentity engine,
            Optional<EngineShare> share,
            Optional<PrefixCounters> prefixes,
            Optional<EngineProcess> process) {

        private Opened with(Inspector other) {
            return new Opened(other, engine, share, prefixes, process);
        }
    }

    /** Opens an inspector on the calling thread, which alone may use and close it. */
    interface Opening {

        /** @param waiting the pictures of the part that comes next, if they have come; asked on the calling thread */
        Opened open(Supplier<Optional<Views>> waiting);

        /** Of what will answer, known before it is open. */
        EngineIdentity identity();

        /** Folder of the checkpoint that answers, where it is on this machine. */
        default Optional<Path> checkpoint() {
            return Optional.empty();
        }
    }

    /** A watcher and the engine that it asks; closing the watcher closes the engine. */
    record Watching(ClipWatcher watcher, EngineIdentity engine) {}

    /** What a station file says, where the command line says nothing. */
    void unlessTold(
            Optional<Path> model,
            Optional<Path> adapter,
            Path engines,
            Optional<Integer> context,
            long prefixBytes,
            OwnEngine engine) {
        if (this.model.isEmpty()) { // the file's adapter is for the file's model
            this.model = model;
            this.adapter = this.adapter.or(() -> adapter);
        }
        this.engines = this.engines.or(() -> Optional.of(engines));
        this.context = this.context.or(() -> context);
        this.prefixBytes = prefixBytes;
        this.hasProcess |= engine.hasProcess();
        this.answerWithin = engine.answerWithin();
    }

    Path checkpoint() {
        return model.orElseGet(Home::checkpoint);
    }

    Path cache() {
        return engines.orElseGet(() -> Home.path().resolve("var/engines"));
    }

    int threads() {
        return threads.orElseGet(() -> Math.min(8, Runtime.getRuntime().availableProcessors()));
    }

    EngineTarget target() {
        return target;
    }

    /** What the model is to run with: its active engine for a GPU, or its CPU engine, built now if it is not there yet. */
    EngineFolder engine() {
        return switch (target) {
            case CPU -> cpuEngine();
            case AUTO -> active().orElseGet(this::cpuEngine);
            case TENSORRT ->
                active().orElseThrow(() -> new CommandException(
                        "no engine of %s for a GPU is active in %s; make one: ./goshawk engine build --target TENSORRT%s, then ./goshawk engine verify"
                                .formatted(
                                        adapter.map(it -> checkpoint() + " with adapter " + it)
                                                .orElse(checkpoint().toString()),
                                        cache(),
                                        adapter.map(it -> " --adapter " + it).orElse(""))));
        };
    }

    private Optional<EngineFolder> active() {
        return new EngineCache(cache()).active(checkpoint(), adapter, TargetProfile.TENSORRT);
    }

    /** The checkpoint's engine for the CPU, built now if it is not there yet, with a bar while that takes time. */
    EngineFolder cpuEngine() {
        return engine(TargetProfile.CPU);
    }

    /** The checkpoint's engine for this machine's GPU, built now if it is not there yet. */
    EngineFolder gpuEngine(GpuTarget target) {
        try (var steps = new BuildProgress()) {
            return GpuEngineBuilder.build(checkpoint(), adapter, cache(), target, steps);
        }
    }

    private EngineFolder engine(TargetProfile profile) {
        try (var steps = new BuildProgress()) {
            return EngineBuilder.build(checkpoint(), adapter, cache(), profile, steps);
        }
    }

    /** Opens the engine on the calling thread, which alone may use and close it. */
    Engine open(EngineFolder folder) {
        return open(folder, _ -> {});
    }

    /** @param warmUp of an engine in a process of its own, each time that it is started */
    private Engine open(EngineFolder folder, Consumer<Engine> warmUp) {
        // A fault of a GPU is the process's end, which must not be the appliance's.
        boolean isOnGpu = folder.manifest().plans() != null;
        return hasProcess || isOnGpu ? openProcess(folder, warmUp) : openHere(folder);
    }

    /** Opens it in this process, whatever the options say. */
    Engine openHere(EngineFolder folder) {
        return Engines.open(folder, threads(), context());
    }

    /** Opens it in a process of its own, whatever the options say. */
    EngineProcess openProcess(EngineFolder folder, Consumer<Engine> warmUp) {
        Path log = cache().resolve("engine.log");
        return EngineProcess.start(EngineProgram.of(folder, threads(), context(), log, answerWithin), warmUp);
    }

    private OptionalInt context() {
        return context.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    /**
     * Opens the engine for one recipe on the calling thread, which alone may use and close it.
     *
     * @throws goshawk.appliance.domain.CalibrationException when the recipe's calibration is another recipe's or engine's
     */
    Opened open(EngineFolder folder, Recipe recipe) {
        Opened opened = open(folder, recipe, Optional.empty(), Optional::empty);
        return opened.with(QualityGate.before(opened.inspector(), recipe, Map.of()));
    }

    /** What a station looks with: the checkpoint's engine, built now if need be, or another machine's model. */
    Opening opening(Recipe recipe, Network network) {
        return network.engine()
                .map(server -> remote(server, recipe, network.secondOpinion()))
                .orElseGet(() -> local(engine(), recipe, network.secondOpinion()));
    }

    private static Opening remote(
            RemoteServer server, Recipe recipe, Optional<SecondOpinionInspector.Settings> second) {
        return new Opening() {
            @Override
            public Opened open(Supplier<Optional<Views>> waiting) {
                return new Opened(
                        second(recipe, second, locator -> RemoteInspector.open(server, recipe, locator)),
                        identity(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
            }

            @Override
            public EngineIdentity identity() {
                return RemoteInspector.identity(server);
            }
        };
    }

    /** This machine's own engine, by itself or with whoever else is to be asked. */
    Opening local(EngineFolder folder, Recipe recipe, Optional<SecondOpinionInspector.Settings> second) {
        return new Opening() {
            @Override
            public Opened open(Supplier<Optional<Views>> waiting) {
                return ModelOptions.this.open(folder, recipe, second, waiting);
            }

            @Override
            public EngineIdentity identity() {
                return Engines.identity(folder);
            }

            @Override
            public Optional<Path> checkpoint() {
                return Optional.of(ModelOptions.this.checkpoint());
            }
        };
    }

    private Opened open(
            EngineFolder folder,
            Recipe recipe,
            Optional<SecondOpinionInspector.Settings> second,
            Supplier<Optional<Views>> waiting) {
        Optional<Calibration> calibration = recipe.qualification().calibration();
        calibration.ifPresent(it -> it.check(provenance(folder, recipe)));
        ModelInput input = ModelInput.open(checkpoint());
        Engine engine = engine(folder, input, it -> ModelInspector.warmUp(it, input, recipe));
        EngineIdentity identity = engine.identity();
        var prefixes = new PrefixCounters(prefixBytes);
        // Whoever else is asked hears of a part when it is located, so that must not be before its turn.
        Optional<ModelInspector.NextParts> next = seesMeanwhile(folder) && second.isEmpty()
                ? Optional.of(new ModelInspector.NextParts(waiting, ViewLocator.of(recipe)))
                : Optional.empty();
        return new Opened(
                second(recipe, second, locator -> {
                    Inspector own = engine instanceof EngineProcess
                            ? ModelInspector.openWarm(engine, input, recipe, locator, prefixes, next)
                            : ModelInspector.open(engine, input, recipe, locator, prefixes, next);
                    return calibration
                            .<Inspector>map(it -> new CalibratedInspector(own, it))
                            .orElse(own);
                }),
                identity,
                Optional.of(new EngineShare(engine)),
                Optional.of(prefixes),
                engine instanceof EngineProcess process ? Optional.of(process) : Optional.empty());
    }

    /** Whether an engine sees a picture while it answers about another. */
    private static boolean seesMeanwhile(EngineFolder folder) {
        Manifest.Plans plans = folder.manifest().plans();
        return plans != null && plans.limits().isOverlapped();
    }

    /** The same for clips. */
    Watching open(EngineFolder folder, ClipRecipe recipe) {
        ModelInput input = ModelInput.open(checkpoint());
        Engine engine = engine(folder, input, _ -> {});
        EngineIdentity identity = engine.identity();
        return new Watching(ClipWatcher.open(engine, input, recipe), identity);
    }

    /** @param input closed when this fails */
    private Engine engine(EngineFolder folder, ModelInput input, Consumer<Engine> warmUp) {
        try {
            return open(folder, warmUp);
        } catch (RuntimeException e) {
            input.close();
            throw e;
        }
    }

    /** The checkpoint's engine on the CPU, telling how large activations become. */
    EngineFolder calibrationEngine() {
        return engine(TargetProfile.CALIBRATION);
    }

    /**
     * Opens a {@link #calibrationEngine()} for one recipe on the calling thread, which alone may use and close it.
     *
     * @param observer told on that thread
     */
    Inspector observed(EngineFolder folder, Recipe recipe, ActivationObserver observer) {
        ModelInput input = ModelInput.open(checkpoint());
        try {
            OptionalInt tokens = context.map(OptionalInt::of).orElseGet(OptionalInt::empty);
            Engine engine = Engines.open(folder, threads(), tokens, observer);
            return ModelInspector.open(
                    engine, input, recipe, ViewLocator.of(recipe), new PrefixCounters(prefixBytes), Optional.empty());
        } catch (RuntimeException e) {
            input.close();
            throw e;
        }
    }

    /** What judges when this engine is opened for this recipe, known before it is. */
    static Provenance provenance(EngineFolder folder, Recipe recipe) {
        return provenance(Engines.identity(folder), recipe);
    }

    static Provenance provenance(EngineIdentity engine, Recipe recipe) {
        return new Provenance(
                recipe.id(),
                recipe.version(),
                recipe.hash(),
                recipe.promptHash(),
                engine.name(),
                engine.hash(),
                engine.precision(),
                engine.runtime());
    }

    /** With whoever else is to be asked. */
    private static Inspector second(
            Recipe recipe,
            Optional<SecondOpinionInspector.Settings> settings,
            Function<PartLocator, Inspector> inspector) {
        PartLocator locator = ViewLocator.of(recipe);
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

package goshawk.appliance;

import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.evaluate.Evaluation;
import goshawk.appliance.evaluate.EvaluationReport;
import goshawk.appliance.evaluate.JudgedPart;
import goshawk.appliance.evaluate.KnownPart;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.EmbeddedBroker;
import goshawk.appliance.publish.Topics;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.appliance.record.SqliteVerifications;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedFrameSource;
import goshawk.trtbuild.EngineFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "A simulated line with everything: rendered brackets, an embedded broker, the nano model, the dashboard.",
            "With --parts it stops after so many and compares its verdicts with the truth."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every trigger has its record and its message",
            "1:a part was lost on the way",
            "2:something could not be opened; the message says what"
        })
final class DemoCommand implements Callable<Integer> {

    private static final int LOST = 1;
    private static final int FRAMES = 3;
    private static final Duration PUBLISHING = Duration.ofSeconds(60);
    private static final int PAGE = 500;

    @Option(names = "--parts", description = "Stop after this many parts and print a table (run until Ctrl-C).")
    private Optional<Integer> parts = Optional.empty();

    @Option(names = "--seed", defaultValue = "1", description = "Number of the simulated shift (${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--period",
            defaultValue = "1000",
            description = "Milliseconds from part to part (${DEFAULT-VALUE}).")
    private long periodMs;

    @Option(names = "--data", description = "Folder for the store and the pictures (var).")
    private Optional<Path> data = Optional.empty();

    @Option(
            names = "--broker-port",
            defaultValue = "1883",
            description = "Port of the embedded broker (${DEFAULT-VALUE}).")
    private int brokerPort;

    @Option(names = "--port", defaultValue = "8080", description = "Port of the dashboard (${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--recipe", description = "Recipe for the bracket (recipes/bracket.yaml).")
    private Optional<Path> recipe = Optional.empty();

    @Option(
            names = "--golden-parts",
            description = "Verify on so many parts only: a rehearsal, for who is in a hurry (the whole golden set).")
    private Optional<Integer> goldenParts = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    private final Map<Long, KnownPart> truth = new ConcurrentHashMap<>();

    @Override
    public Integer call() throws InterruptedException {
        Recipe asked = RecipeFile.read(recipe.orElseGet(() -> Home.path().resolve("recipes/bracket.yaml")));
        Path folder = data.orElseGet(() -> Home.path().resolve("var"));
        var engine = model.engine();
        var gate = new SimulatedPartGate();
        Optional<Verification> verification = verified(asked, folder, engine);
        try (var broker = EmbeddedBroker.start(brokerPort, folder.resolve("broker"));
                var appliance = Appliance.start(setup(asked, folder, gate, verification), engine, model)) {
            Runtime.getRuntime().addShutdownHook(new Thread(appliance::close, "stopping"));
            say(appliance, broker);
            if (parts.isEmpty()) {
                appliance.awaitEnd();
                return 0;
            }
            watch(appliance, parts.get());
            boolean published = appliance.awaitPublished(PUBLISHING);
            return report(asked, appliance, gate, published);
        }
    }

    /**
     * What the store says of the recipe on this engine; judged now when it says nothing. The gate is made up, so a recipe that
     * fails runs all the same, and says so.
     */
    private Optional<Verification> verified(Recipe asked, Path folder, EngineFolder engine) {
        var clearance = Clearance.of(folder, asked, ModelOptions.provenance(engine, asked));
        Optional<Verification> verification = clearance.verification();
        if (verification.isEmpty() && asked.qualification().golden().isPresent()) {
            try (var store = SqliteVerifications.open(folder.resolve(Setup.DATABASE))) {
                System.out.println("Verifying the recipe on its golden set, once; the result is kept in " + folder);
                verification = Optional.of(new GoldenRun(asked, model, engine, folder, goldenParts)
                        .run(store)
                        .verification());
            }
        }
        System.out.println(verification.map(DemoCommand::said).orElseGet(clearance::refusal));
        return verification;
    }

    private static String said(Verification verification) {
        String what = "recipe %s on %s: %d of %d bad parts passed, %d of %d good parts called, kappa %s"
                .formatted(
                        verification.by().recipe(),
                        verification.by().engine(),
                        verification.escapes().hits(),
                        verification.escapes().trials(),
                        verification.falseCalls().hits(),
                        verification.falseCalls().trials(),
                        Double.isNaN(verification.kappa()) ? "not defined" : "%.3f".formatted(verification.kappa()));
        if (verification.isPassed()) {
            return "Verified: " + what;
        }
        return verification.isWhole()
                ? "Not verified: %s; %s".formatted(what, String.join("; ", verification.shortfalls()))
                : "Rehearsed, not verified: " + what;
    }

    private Setup setup(Recipe asked, Path folder, SimulatedPartGate gate, Optional<Verification> verification) {
        return new Setup(
                asked,
                pools -> new SimulatedFrameSource(
                        seed,
                        parts.map(Long::valueOf).orElse(Long.MAX_VALUE),
                        RenderOptions.USUAL,
                        Duration.ofMillis(periodMs),
                        pools.open(BracketRenderer.WIDTH, BracketRenderer.HEIGHT),
                        (trigger, part) -> truth.put(trigger.id(), KnownPart.of(trigger.part(), part))),
                FRAMES,
                gate,
                true,
                false,
                "demo",
                Shifts.usual(ZoneId.systemDefault()),
                folder,
                BrokerAddress.local(brokerPort),
                new Topics(StationConfig.PREFIX),
                verification,
                "127.0.0.1",
                port,
                Network.NONE);
    }

    private static void say(Appliance appliance, EmbeddedBroker broker) {
        System.out.printf(
                """
                A simulated line runs: drawn parts, %s, no real gate.
                  dashboard   %s
                  verdicts    mosquitto_sub -p %d -t '%s/#' -v
                  stop        Ctrl-C
                """, appliance.provenance().engine(), appliance.address(), broker.port(), StationConfig.PREFIX);
    }

    private static void watch(Appliance appliance, long parts) throws InterruptedException {
        try (var progress = Progress.start("Parts", parts)) {
            while (!appliance.awaitEnd(Duration.ofMillis(200))) {
                progress.at(appliance.state().counters().records());
            }
            progress.at(appliance.state().counters().records());
        }
    }

    private int report(Recipe asked, Appliance appliance, SimulatedPartGate gate, boolean published) {
        List<JudgedPart> judged = judged(appliance);
        long triggers = appliance.state().counters().triggers();
        long messages = judged.size()
                - appliance
                        .history()
                        .backlog(appliance.before() + 1, Long.MAX_VALUE)
                        .ofThese();
        System.out.print(EvaluationReport.text(
                Evaluation.of(judged, byName(), Optional.of(asked.only().scale()))));
        boolean complete = published && triggers == truth.size() && triggers == judged.size() && triggers == messages;
        System.out.printf(
                "%nTriggers %d %s records %d %s messages %d; released %d.%n",
                triggers,
                triggers == judged.size() ? "=" : "≠",
                judged.size(),
                judged.size() == messages ? "=" : "≠",
                messages,
                gate.released());
        System.out.println(
                "Figures are from the renderer that drew the training parts; they predict nothing about yours.");
        return complete ? 0 : LOST;
    }

    private Map<String, KnownPart> byName() {
        Map<String, KnownPart> named = new ConcurrentHashMap<>();
        truth.values().forEach(part -> named.put(part.file(), part));
        return named;
    }

    /** The records of this run, read back from the store. */
    private static List<JudgedPart> judged(Appliance appliance) {
        List<JudgedPart> judged = new ArrayList<>();
        long last = appliance.before();
        for (List<RecordedInspection> page = appliance.history().after(last, PAGE);
                !page.isEmpty();
                page = appliance.history().after(last, PAGE)) {
            for (RecordedInspection one : page) {
                var record = one.record();
                judged.add(JudgedPart.of(
                        record.trigger().part(),
                        record.verdict(),
                        record.inspection(),
                        record.took().toNanos() / 1e6));
                last = one.id();
            }
        }
        return judged;
    }
}

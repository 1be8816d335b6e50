package goshawk.appliance;

import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.evaluate.EngineReport;
import goshawk.appliance.evaluate.GoldenParts;
import goshawk.appliance.evaluate.ShownPicture;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.trtbuild.ActiveEngine;
import goshawk.trtbuild.EngineCache;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.EngineVerification;
import goshawk.trtbuild.Manifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Compares an engine with the CPU engine of the same checkpoint: logits and verdicts, each with its bound.",
            "An engine that passes becomes the active one of its checkpoint and target; else the one before stays."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every bound is kept; the engine is active",
            "1:a bound is not kept, or too little was compared; what was active before stays",
            "2:the engine, its checkpoint, the recipe or the pictures cannot be used; nothing has changed"
        })
final class EngineVerifyCommand implements Callable<Integer> {

    private static final int NOT_PASSED = 1;

    @Option(
            names = "--engine",
            required = true,
            paramLabel = "DIR",
            description = "Engine folder, or its name in the engines' folder.")
    private Path engine = Path.of("");

    @Option(names = "--recipe", description = "Recipe file whose prompts are asked (recipes/bracket.yaml).")
    private Optional<Path> recipe = Optional.empty();

    @Option(names = "--images", description = "A picture, or a folder of pictures, good and bad (the golden set).")
    private Optional<Path> images = Optional.empty();

    @Option(
            names = "--parts",
            defaultValue = "100",
            description = "So many pictures at most (${DEFAULT-VALUE}); fewer than 20 prove nothing.")
    private int parts;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        Recipe asked =
                RecipeFile.uncalibrated(recipe.orElseGet(() -> Home.path().resolve("recipes/bracket.yaml")));
        List<Supplier<ShownPicture>> all = pictures(asked);
        List<Supplier<ShownPicture>> pictures = all.subList(0, Math.clamp(parts, 1, all.size()));
        var cache = new EngineCache(model.cache());
        EngineFolder candidate = EngineFolder.open(folder());
        cache.requireHere(candidate);
        EngineFolder reference = reference(candidate.manifest());
        System.out.printf(
                "Engine %s of %s for %s beside the CPU engine, recipe %s %s%n%n",
                candidate.path().getFileName(),
                candidate.manifest().checkpoint().name(),
                candidate.manifest().target().profile(),
                asked.id(),
                asked.version());
        var result = new EngineProof(asked, pictures, model::openHere, model::open).of(reference, candidate);
        result.leftOut().forEach(left -> System.err.println("goshawk: left out, " + left));
        EngineVerification verification = result.verification();
        System.out.print(EngineReport.text(verification));
        if (!verification.isConclusive()) {
            System.out.printf("%nA rehearsal: too little was compared; nothing has changed.%n");
            return NOT_PASSED;
        }
        Optional<String> shortfall = Optional.ofNullable(candidate.manifest().plans())
                .flatMap(plans -> plans.fp8().shortfall());
        shortfall.ifPresent(System.out::println);
        return verification.isPassed() && shortfall.isEmpty()
                ? passed(cache, candidate, verification)
                : failed(cache, candidate, verification);
    }

    private static int passed(EngineCache cache, EngineFolder candidate, EngineVerification verification) {
        Path file = cache.keep(verification);
        ActiveEngine active = cache.activate(candidate);
        System.out.printf(
                "%nPassed, %s. Engine %s is the active one of %s for %s%s.%n",
                file,
                active.engine(),
                active.checkpoint(),
                active.target(),
                active.previous() == null ? "" : "; before it was " + active.previous());
        return ExitCode.OK;
    }

    private static int failed(EngineCache cache, EngineFolder candidate, EngineVerification verification) {
        Optional<ActiveEngine> active =
                cache.withdraw(candidate); // first: never active with a verification that failed
        Path file = cache.keep(verification);
        System.out.printf(
                "%nNot passed, %s. %s of %s for %s.%n",
                file,
                active.map(it -> "Engine %s stays the active one".formatted(it.engine()))
                        .orElse("There is no active engine"),
                candidate.manifest().checkpoint().name(),
                candidate.manifest().target().profile());
        return NOT_PASSED;
    }

    private Path folder() {
        return Files.isDirectory(engine) ? engine : model.cache().resolve(engine);
    }

    /** The CPU engine of what the candidate was built of, unless the options name where that is now. */
    private EngineFolder reference(Manifest built) {
        Optional<Path> adapter = Optional.ofNullable(built.adapter()).map(it -> Path.of(it.path()));
        model.unlessTold(
                Optional.of(Path.of(built.checkpoint().path())),
                adapter,
                model.cache(),
                Optional.empty(),
                PrefixCounters.USUAL_BYTES,
                OwnEngine.HERE);
        return model.cpuEngine();
    }

    private List<Supplier<ShownPicture>> pictures(Recipe asked) {
        if (images.isPresent()) {
            return ShownPicture.of(InspectCommand.parts(images.get(), asked.viewNames()));
        }
        return asked.qualification()
                .golden()
                .map(golden -> ShownPicture.of(GoldenParts.of(golden, asked.viewNames())))
                .orElseThrow(() -> new CommandException(
                        "recipe %s has no golden set: name pictures with --images".formatted(asked.id())));
    }
}

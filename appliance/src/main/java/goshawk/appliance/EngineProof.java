package goshawk.appliance;

import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EnginePair;
import goshawk.appliance.engine.LentEngine;
import goshawk.appliance.evaluate.EngineTest;
import goshawk.appliance.evaluate.ShownPicture;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.ModelInspector;
import goshawk.appliance.pose.ViewLocator;
import goshawk.trtbuild.ActivationScales;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.EnginePrecision;
import goshawk.trtbuild.EngineVerification;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Compares an engine with the CPU engine of the same checkpoint, by what a line asks of them.
 *
 * @param recipe whose prompts are asked
 * @param pictures that are shown
 * @param expected opens the CPU engine, on the thread that runs the proof
 * @param proven opens the engine that is to be proven, likewise
 */
record EngineProof(
        Recipe recipe,
        List<Supplier<ShownPicture>> pictures,
        Function<EngineFolder, Engine> expected,
        Function<EngineFolder, Engine> proven) {

    /** @param leftOut pictures that could not be judged, each with the reason */
    record Result(EngineVerification verification, List<String> leftOut) {}

    /**
     * Opens both, shows all pictures and closes both, on the calling thread.
     *
     * @param reference the CPU engine
     * @throws CommandException when they are engines of two checkpoints
     */
    Result of(EngineFolder reference, EngineFolder candidate) {
        requireSameWeights(reference, candidate);
        EngineTest test;
        try (Engine right = expected.apply(reference);
                Engine other = proven.apply(candidate)) {
            var pair = new EnginePair(right, other);
            try (Inspector together = inspector(pair, reference);
                    Inspector alone = inspector(new LentEngine(other), reference);
                    var progress = Progress.start("Verifying", pictures.size())) {
                test = EngineTest.run(pictures, pair, together, alone, progress::at);
            }
        }
        EnginePrecision precision = EnginePrecision.of(candidate.manifest());
        return new Result(
                new EngineVerification(
                        EngineVerification.FORMAT,
                        candidate.hash(),
                        reference.hash(),
                        candidate.manifest().checkpoint().sha256(),
                        new ActivationScales.Recipe(recipe.id(), recipe.version(), recipe.hash()),
                        test.picturesHash(),
                        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                        precision,
                        EngineVerification.Bounds.of(precision),
                        test.figures()),
                test.leftOut());
    }

    private static void requireSameWeights(EngineFolder reference, EngineFolder candidate) {
        String wanted = reference.manifest().checkpoint().sha256();
        String found = candidate.manifest().checkpoint().sha256();
        if (!wanted.equals(found)) {
            throw new CommandException(
                    "engine %s was built of weights %.12s…, the checkpoint %s has %.12s…; name its own with --model, or build the engine again"
                            .formatted(
                                    candidate.path(),
                                    found,
                                    reference.manifest().checkpoint().path(),
                                    wanted));
        }
    }

    /** @param folder with the files by which the checkpoint is spoken to */
    private Inspector inspector(Engine engine, EngineFolder folder) {
        return ModelInspector.open(
                engine,
                ModelInput.open(folder.path()),
                recipe,
                ViewLocator.of(recipe),
                new PrefixCounters(PrefixCounters.USUAL_BYTES),
                Optional.empty());
    }
}

package goshawk.appliance;

import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.domain.Verifications;
import goshawk.appliance.evaluate.GoldenHash;
import goshawk.appliance.evaluate.GoldenParts;
import goshawk.appliance.evaluate.GoldenReport;
import goshawk.appliance.evaluate.Judge;
import goshawk.trtbuild.EngineFolder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Judges a recipe's golden set with the model that a line would run.
 *
 * @param data the station's folder: what is remembered of pictures is there
 * @param parts so many of the set, for a rehearsal; empty for the whole set, which alone clears a recipe
 */
record GoldenRun(Recipe recipe, ModelOptions model, EngineFolder engine, Path data, Optional<Integer> parts) {

    /**
     * @param by what was verified
     * @param atOnce of a recipe that thinks first: the same parts scored at once, for comparison; it clears nothing
     */
    record Result(GoldenReport report, Provenance by, Verification verification, Optional<GoldenReport> atOnce) {}

    /**
     * Runs on the calling thread, for minutes, and stores what came of it.
     *
     * @throws CommandException when the recipe names no golden set, or somebody changed it meanwhile
     */
    Result run(Verifications store) {
        GoldenSet golden = recipe.qualification()
                .golden()
                .orElseThrow(() -> new CommandException(
                        "recipe %s has no section 'golden'; docs/qualification.md says what goes into it"
                                .formatted(recipe.id())));
        String hash = GoldenHash.of(golden, recipe.viewNames(), data);
        GoldenParts all = GoldenParts.of(golden, recipe.viewNames());
        GoldenParts judged = parts.map(all::first).orElse(all);
        boolean isWhole = judged.parts().size() == all.parts().size();
        GoldenReport report = judged(golden, judged, isWhole, recipe, "Verifying " + recipe.id());
        Provenance by = ModelOptions.provenance(engine, recipe);
        if (!GoldenHash.of(golden, recipe.viewNames(), data).equals(hash)) {
            throw new CommandException(
                    "the golden set of recipe %s changed while it was judged; verify it again, and leave it alone meanwhile"
                            .formatted(recipe.id()));
        }
        Verification verification = report.verification(Instant.now(), by, hash);
        store.append(verification);
        Optional<GoldenReport> atOnce = recipe.thoughtTokens().isEmpty()
                ? Optional.empty()
                : Optional.of(judged(golden, judged, isWhole, recipe.atOnce(), "Once more, without a thought"));
        return new Result(report, by, verification, atOnce);
    }

    private GoldenReport judged(GoldenSet golden, GoldenParts judged, boolean isWhole, Recipe recipe, String work) {
        try (var inspector = model.open(engine, recipe).inspector();
                var progress = Progress.start(work, GoldenReport.looks(judged))) {
            return GoldenReport.of(golden, judged, isWhole, new Judge(inspector, recipe.takt()), progress::at);
        }
    }
}

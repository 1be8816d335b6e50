package goshawk.appliance;

import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.evaluate.GoldenHash;
import goshawk.appliance.record.SqliteVerifications;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * Whether a recipe may run: it passed its golden set with this very engine, or somebody says by its name that it may.
 *
 * @param running what is about to run
 * @param goldenHash of the recipe's golden set as it is now
 * @param newest whole verification of the recipe, of whatever version and engine; empty when there is none
 */
record Clearance(Recipe recipe, Provenance running, String goldenHash, Optional<Verification> newest) {

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

    /**
     * Reads what the store knows; a store that is not there yet knows nothing.
     *
     * @param data the station's folder
     */
    static Clearance of(Path data, Recipe recipe, Provenance running) {
        Path database = data.resolve(Setup.DATABASE);
        if (!Files.exists(database)) {
            return new Clearance(recipe, running, "", Optional.empty());
        }
        String goldenHash = recipe.qualification()
                .golden()
                .map(golden -> GoldenHash.of(golden, recipe.viewNames(), data))
                .orElse("");
        return new Clearance(recipe, running, goldenHash, SqliteVerifications.newestIn(database, running, goldenHash));
    }

    /** The newest verification of this recipe on this engine, passed or not. */
    Optional<Verification> verification() {
        return newest.filter(it -> it.isOf(running, goldenHash));
    }

    boolean isGiven() {
        return verification().map(Verification::isPassed).orElse(false);
    }

    /** Why the recipe is not cleared, in words that name it. */
    String refusal() {
        String name = "recipe %s %s".formatted(recipe.id(), recipe.version());
        if (recipe.qualification().golden().isEmpty()) {
            return name
                    + " names no golden set, so nobody knows what it misses; docs/qualification.md says how to give it one";
        }
        if (newest.isEmpty()) {
            return "%s was never verified on engine %s (%s)".formatted(name, running.engine(), running.precision());
        }
        Verification last = newest.get();
        String when = DAY.format(last.at());
        if (last.isOf(running, goldenHash)) {
            return "%s did not pass its golden set on %s: %s"
                    .formatted(name, when, String.join("; ", last.shortfalls()));
        }
        if (!last.by().recipeHash().equals(running.recipeHash())) {
            return "%s has changed since it was verified on %s (then %s, now %s)"
                    .formatted(name, when, shortened(last.by().recipeHash()), shortened(running.recipeHash()));
        }
        if (last.isOf(running, last.goldenHash())) {
            return "the truth or the pictures of %s's golden set have changed since it was verified on %s"
                    .formatted(name, when);
        }
        return "%s was verified on %s with engine %s %s (%s), not with %s %s (%s)"
                .formatted(
                        name,
                        when,
                        last.by().engine(),
                        shortened(last.by().engineHash()),
                        last.by().precision(),
                        running.engine(),
                        shortened(running.engineHash()),
                        running.precision());
    }

    /**
     * Lets a line start, or not.
     *
     * @param waived name of the recipe that may run unverified
     * @param remedy the command that verifies it
     * @throws CommandException when the recipe is not cleared and not the one that is waived
     */
    void require(Optional<String> waived, String remedy) {
        if (waived.isPresent() && !waived.get().equals(recipe.id())) {
            throw new CommandException(
                    "--unverified-recipe names %s, the station's recipe is %s: name that one, or none"
                            .formatted(waived.get(), recipe.id()));
        }
        if (!isGiven() && waived.isEmpty()) {
            throw new CommandException(
                    "%s. Verify it: %s%nTo run it all the same, its records marked as unverified: --unverified-recipe %s"
                            .formatted(refusal(), remedy, recipe.id()));
        }
    }

    private static String shortened(String hash) {
        return hash.substring(0, Math.min(12, hash.length()));
    }
}

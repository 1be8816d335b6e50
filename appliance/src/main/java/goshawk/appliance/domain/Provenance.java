package goshawk.appliance.domain;

/**
 * What judged a part: goes into every record and message, so that a verdict can be traced to the very prompts and
 * weights.
 *
 * @param recipe part number of the recipe
 * @param recipeHash SHA-256 of the recipe file, in hexadecimal
 * @param promptsHash SHA-256 over the prompts as the model was asked them, in hexadecimal
 * @param engine name of the checkpoint
 * @param engineHash SHA-256 over the engine folder's manifest, in hexadecimal
 * @param precision for example {@code fp32 arithmetic, fp8 weights}
 * @param runtime name and version of what computed
 * @param isVerified true when this recipe passed its golden set on this engine before the line started
 */
public record Provenance(
        String recipe,
        String recipeVersion,
        String recipeHash,
        String promptsHash,
        String engine,
        String engineHash,
        String precision,
        String runtime,
        boolean isVerified) {

    /** What judges without having been verified. */
    public Provenance(
            String recipe,
            String recipeVersion,
            String recipeHash,
            String promptsHash,
            String engine,
            String engineHash,
            String precision,
            String runtime) {
        this(recipe, recipeVersion, recipeHash, promptsHash, engine, engineHash, precision, runtime, false);
    }

    public Provenance verified(boolean isVerified) {
        return new Provenance(
                recipe, recipeVersion, recipeHash, promptsHash, engine, engineHash, precision, runtime, isVerified);
    }
}

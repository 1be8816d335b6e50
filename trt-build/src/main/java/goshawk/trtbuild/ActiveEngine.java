package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Which engine of a checkpoint is used on a target.
 *
 * @param format version of the file's layout
 * @param checkpoint its name, an adapter's included
 * @param sha256 of its weights
 * @param target name of the target profile
 * @param engine name of the engine's folder in the cache
 * @param previous name of the one that was used before; null, and not in the file, for the first
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ActiveEngine(
        int format,
        String checkpoint,
        String sha256,
        String target,
        String engine,
        @Nullable String previous) {

    /** The layout written by this version. */
    static final int FORMAT = 1;
}

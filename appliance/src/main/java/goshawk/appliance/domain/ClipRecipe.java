package goshawk.appliance.domain;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The versioned settings of a station where parts are assembled: what is asked of each clip.
 *
 * @param id letters, digits, {@code -} and {@code _}
 * @param framesPerSecond that the model is shown
 * @param frames of a clip at most
 * @param widthPx width of a frame, in pixels; a clip of another size is not watched
 * @param parts at least one, whose fitting is asked for
 */
public record ClipRecipe(
        String id,
        String version,
        double framesPerSecond,
        int frames,
        int widthPx,
        int heightPx,
        List<FittedPart> parts) {

    /**
     * @param part as events name it, {@code bolt 1}
     * @param question what the model is asked, word for word
     */
    public record FittedPart(String part, String question) {}

    public ClipRecipe {
        parts = List.copyOf(parts);
        if (!(framesPerSecond > 0) || frames < 2 || widthPx < 1 || heightPx < 1) {
            throw new IllegalArgumentException("recipe %s: a clip of %d frames of %d×%d, %s a second, is none"
                    .formatted(id, frames, widthPx, heightPx, framesPerSecond));
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("recipe " + id + " asks for no part");
        }
        Set<String> names = new HashSet<>();
        for (FittedPart part : parts) {
            if (!names.add(part.part())) {
                throw new IllegalArgumentException("recipe %s: two parts are called %s".formatted(id, part.part()));
            }
        }
    }
}

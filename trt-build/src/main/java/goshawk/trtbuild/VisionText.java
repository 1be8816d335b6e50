package goshawk.trtbuild;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes out the placeholders that a chat template leaves: as many picture tokens as a picture has, and for each step of a
 * film its time, {@code <1.5 seconds>}, and its tokens between a start and an end of their own. The whole text is then one
 * piece for the tokenizer, as it was in training.
 *
 * <p>A film's placeholder is written with start and end around it, and all three are replaced: so did the processor that
 * the checkpoints were trained and published with. (Since 5.17 transformers leaves the outer pair standing.)
 *
 * <p>Immutable; safe for any thread.
 */
public final class VisionText {

    /** What stands in the place of one placeholder. */
    public sealed interface Sight {

        /** @param tokens that stand for the picture */
        record OfPicture(int tokens) implements Sight {}

        /**
         * @param tokensPerStep tokens that stand for one step of time
         * @param seconds the time of each step
         */
        record OfFilm(int tokensPerStep, List<Double> seconds) implements Sight {

            public OfFilm {
                seconds = List.copyOf(seconds);
            }

            public static OfFilm of(Film film) {
                return new OfFilm(film.tokensPerStep(), film.seconds());
            }
        }
    }

    private final String picture;
    private final String film;
    private final String start;
    private final String end;
    private final Pattern placeholders;

    private VisionText(String picture, String film, String start, String end) {
        this.picture = picture;
        this.film = film;
        this.start = start;
        this.end = end;
        this.placeholders = Pattern.compile("(?<picture>%s)|%s|%s"
                .formatted(Pattern.quote(picture), Pattern.quote(start + film + end), Pattern.quote(film)));
    }

    /** @param tokens ids of the placeholders in this tokenizer's vocabulary */
    public static VisionText of(Tokenizer tokenizer, ModelConfig.Tokens tokens) {
        return new VisionText(
                tokenizer.decode(tokens.image()),
                tokenizer.decode(tokens.video()),
                tokenizer.decode(tokens.visionStart()),
                tokenizer.decode(tokens.visionEnd()));
    }

    /**
     * @param rendered what the template wrote
     * @param sights for its placeholders, in order
     * @throws IllegalArgumentException when text and sights do not go together
     */
    public String writtenOut(String rendered, List<Sight> sights) {
        Queue<Sight> left = new ArrayDeque<>(sights);
        Matcher matcher = placeholders.matcher(rendered);
        String written = matcher.replaceAll(found -> Matcher.quoteReplacement(
                found.group("picture") != null ? ofPicture(left.poll()) : ofFilm(left.poll())));
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("the conversation has no place for %d of %d pictures and films"
                    .formatted(left.size(), sights.size()));
        }
        return written;
    }

    private String ofPicture(@Nullable Sight sight) {
        if (sight instanceof Sight.OfPicture(int tokens)) {
            return picture.repeat(tokens);
        }
        throw new IllegalArgumentException("the conversation has a place for a picture, where stands " + name(sight));
    }

    private String ofFilm(@Nullable Sight sight) {
        if (!(sight instanceof Sight.OfFilm(int tokensPerStep, List<Double> seconds))) {
            throw new IllegalArgumentException("the conversation has a place for a film, where stands " + name(sight));
        }
        return seconds.stream()
                .map(second -> "<%s seconds>".formatted(tenths(second)) + start + film.repeat(tokensPerStep) + end)
                .collect(Collectors.joining());
    }

    private static String name(@Nullable Sight sight) {
        return switch (sight) {
            case null -> "nothing";
            case Sight.OfPicture _ -> "a picture";
            case Sight.OfFilm _ -> "a film";
        };
    }

    /** As Python writes {@code .1f}: of the exact binary value, halves to even. */
    private static String tenths(double seconds) {
        return new BigDecimal(seconds).setScale(1, RoundingMode.HALF_EVEN).toPlainString();
    }
}

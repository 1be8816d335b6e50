package goshawk.trtbuild;

import java.nio.file.Path;
import java.util.List;

/**
 * A picture's pixels as the vision tower takes them, by a checkpoint's {@code preprocessor_config.json}: resized to whole
 * merged patches, normalised, cut into patches. The same numbers, bit by bit, as the PIL backend of transformers gives.
 *
 * <p>Immutable; safe for any thread.
 */
public final class Preprocessor {

    private final PixelRules rules;

    private Preprocessor(PixelRules rules) {
        this.rules = rules;
    }

    /**
     * Reads {@code preprocessor_config.json} of a checkpoint, or the picture's part of {@code processor_config.json}.
     *
     * @throws CheckpointException when the file or one of its numbers is missing or impossible
     */
    public static Preprocessor read(Path checkpoint) {
        var picture = PixelRules.Processor.PICTURE;
        return new Preprocessor(PixelRules.of(PixelRules.settings(checkpoint, picture), picture));
    }

    /**
     * The same, for pictures of at most {@code pixels} after resizing: fewer tokens, less detail.
     *
     * @param pixels at least one merged patch
     */
    public Preprocessor withMaxPixels(long pixels) {
        return new Preprocessor(rules.withMaxPixels(pixels));
    }

    /** Pixels of one merged patch's side: both sides of every picture become a multiple of it. */
    public int factor() {
        return rules.factor();
    }

    /**
     * The size that a picture is resized to.
     *
     * @throws IllegalArgumentException when one side is over 200 times the other, or a side is 0
     */
    public PictureSize resized(int width, int height) {
        PictureSize.requireNoSliver(width, height);
        long wide = rules.rounded(width);
        long high = rules.rounded(height);
        if (wide * high > rules.maxPixels()) {
            double beta = Math.sqrt((double) ((long) height * width) / rules.maxPixels());
            high = rules.roundedDown(height / beta);
            wide = rules.roundedDown(width / beta);
        } else if (wide * high < rules.minPixels()) {
            double beta = Math.sqrt((double) rules.minPixels() / ((long) height * width));
            high = rules.roundedUp(height * beta);
            wide = rules.roundedUp(width * beta);
        }
        return new PictureSize(Math.toIntExact(wide), Math.toIntExact(high));
    }

    /**
     * @param rgb 8-bit RGB, interleaved, rows without padding; may be longer than the picture
     * @throws IllegalArgumentException as {@link #resized}
     */
    public Patches patches(byte[] rgb, int width, int height) {
        return rules.patches(List.of(rgb), width, height, resized(width, height));
    }
}

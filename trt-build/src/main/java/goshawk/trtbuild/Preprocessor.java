package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A picture's pixels as the vision tower takes them, by a checkpoint's {@code preprocessor_config.json}: resized to whole
 * merged patches, normalised, cut into patches. The same numbers, bit by bit, as the PIL backend of transformers gives.
 *
 * <p>Immutable; safe for any thread.
 */
public final class Preprocessor {

    private static final int CHANNELS = 3;

    private final int patch;
    private final int temporalPatch;
    private final int merge;
    private final long minPixels;
    private final long maxPixels;
    private final Resampling.Filter filter;
    /** What each byte becomes, by channel. */
    private final float[][] normalised;

    private Preprocessor(
            int patch,
            int temporalPatch,
            int merge,
            long minPixels,
            long maxPixels,
            Resampling.Filter filter,
            float[][] normalised) {
        this.patch = patch;
        this.temporalPatch = temporalPatch;
        this.merge = merge;
        this.minPixels = minPixels;
        this.maxPixels = maxPixels;
        this.filter = filter;
        this.normalised = normalised;
    }

    /**
     * Reads {@code preprocessor_config.json} of a checkpoint.
     *
     * @throws CheckpointException when the file or one of its numbers is missing or impossible
     */
    public static Preprocessor read(Path checkpoint) {
        Path file = checkpoint.resolve("preprocessor_config.json");
        try {
            return of(file, new ObjectMapper().readTree(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new CheckpointException(
                    "%s cannot be read: %s; copy the checkpoint again, whole"
                            .formatted(
                                    file,
                                    String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    e);
        }
    }

    private static Preprocessor of(Path file, JsonNode config) {
        JsonNode size = config.path("size");
        long min = whole(
                file,
                config.has("min_pixels") ? config : size,
                config.has("min_pixels") ? "min_pixels" : "shortest_edge");
        long max = whole(
                file,
                config.has("max_pixels") ? config : size,
                config.has("max_pixels") ? "max_pixels" : "longest_edge");
        int patch = (int) whole(file, config, "patch_size");
        int merge = (int) whole(file, config, "merge_size");
        Resampling.Filter filter = switch (config.path("resample").asInt(3)) {
            case 2 -> Resampling.Filter.BILINEAR;
            case 3 -> Resampling.Filter.BICUBIC;
            default ->
                throw new CheckpointException("%s: resample is %s; 2 (bilinear) and 3 (bicubic) are taken"
                        .formatted(file, config.path("resample")));
        };
        for (String step : new String[] {"do_resize", "do_rescale", "do_normalize"}) {
            if (!config.path(step).asBoolean(true)) {
                throw new CheckpointException(
                        "%s: %s is false; only checkpoints that do it are taken".formatted(file, step));
            }
        }
        return new Preprocessor(
                patch,
                (int) whole(file, config, "temporal_patch_size"),
                merge,
                min,
                max,
                filter,
                normalised(file, config));
    }

    private static long whole(Path file, JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (!value.isIntegralNumber() || value.asLong() < 1 || value.asLong() > Integer.MAX_VALUE) {
            throw new CheckpointException(
                    "%s: %s must be a whole number from 1, is %s; copy the checkpoint again, whole"
                            .formatted(file, field, value.isMissingNode() ? "missing" : value.toString()));
        }
        return value.asLong();
    }

    /** In the order and precision of the reference: scaled in double, then float throughout. */
    private static float[][] normalised(Path file, JsonNode config) {
        double scale = config.path("rescale_factor").asDouble(1 / 255.0);
        float[][] table = new float[CHANNELS][256];
        for (int c = 0; c < CHANNELS; c++) {
            float mean = (float) number(file, config, "image_mean", c);
            float deviation = (float) number(file, config, "image_std", c);
            for (int value = 0; value < 256; value++) {
                table[c][value] = ((float) (value * scale) - mean) / deviation;
            }
        }
        return table;
    }

    private static double number(Path file, JsonNode config, String field, int channel) {
        JsonNode value = config.path(field).path(channel);
        if (!value.isNumber() || (field.equals("image_std") && !(value.asDouble() > 0))) {
            throw new CheckpointException("%s: %s must be three numbers, is %s; copy the checkpoint again, whole"
                    .formatted(file, field, config.path(field)));
        }
        return value.asDouble();
    }

    /**
     * The same, for pictures of at most {@code pixels} after resizing: fewer tokens, less detail.
     *
     * @param pixels at least one merged patch
     */
    public Preprocessor withMaxPixels(long pixels) {
        long smallest = (long) factor() * factor();
        if (pixels < smallest) {
            throw new IllegalArgumentException("max_pixels must be at least %d, got %d".formatted(smallest, pixels));
        }
        return new Preprocessor(patch, temporalPatch, merge, minPixels, pixels, filter, normalised);
    }

    /** Pixels of one merged patch's side: both sides of every picture become a multiple of it. */
    public int factor() {
        return patch * merge;
    }

    /**
     * The size that a picture is resized to.
     *
     * @throws IllegalArgumentException when one side is over 200 times the other, or a side is 0
     */
    public PictureSize resized(int width, int height) {
        if (width < 1 || height < 1 || (double) Math.max(width, height) / Math.min(width, height) > 200) {
            throw new IllegalArgumentException(
                    "a picture's longer side may be 200 times the shorter one, got %d×%d".formatted(width, height));
        }
        int factor = factor();
        long wide = (long) Math.rint((double) width / factor) * factor;
        long high = (long) Math.rint((double) height / factor) * factor;
        if (wide * high > maxPixels) {
            double beta = Math.sqrt((double) ((long) height * width) / maxPixels);
            high = Math.max(factor, (long) Math.floor(height / beta / factor) * factor);
            wide = Math.max(factor, (long) Math.floor(width / beta / factor) * factor);
        } else if (wide * high < minPixels) {
            double beta = Math.sqrt((double) minPixels / ((long) height * width));
            high = (long) Math.ceil(height * beta / factor) * factor;
            wide = (long) Math.ceil(width * beta / factor) * factor;
        }
        return new PictureSize(Math.toIntExact(wide), Math.toIntExact(high));
    }

    /**
     * @param rgb 8-bit RGB, interleaved, rows without padding; may be longer than the picture
     * @throws IllegalArgumentException as {@link #resized}
     */
    public Patches patches(byte[] rgb, int width, int height) {
        PictureSize size = resized(width, height);
        byte[] pixels = Resampling.resize(rgb, width, height, size.width(), size.height(), filter);
        int rows = size.height() / patch;
        int columns = size.width() / patch;
        int area = patch * patch;
        float[] out = new float[Math.multiplyExact(rows * columns, CHANNELS * temporalPatch * area)];
        int to = 0;
        for (int blockRow = 0; blockRow < rows; blockRow += merge) {
            for (int blockColumn = 0; blockColumn < columns; blockColumn += merge) {
                for (int row = blockRow; row < blockRow + merge; row++) {
                    for (int column = blockColumn; column < blockColumn + merge; column++) {
                        to = patch(pixels, size.width(), row * patch, column * patch, out, to);
                    }
                }
            }
        }
        return new Patches(out, 1, rows, columns);
    }

    /** One patch: channel by channel, each as often as there are frames in time. */
    private int patch(byte[] pixels, int width, int top, int left, float[] out, int start) {
        int area = patch * patch;
        int to = start;
        for (int c = 0; c < CHANNELS; c++) {
            float[] table = normalised[c];
            int first = to;
            for (int y = 0; y < patch; y++) {
                int from = ((top + y) * width + left) * CHANNELS + c;
                for (int x = 0; x < patch; x++) {
                    out[to++] = table[pixels[from] & 0xff];
                    from += CHANNELS;
                }
            }
            for (int t = 1; t < temporalPatch; t++) {
                System.arraycopy(out, first, out, to, area);
                to += area;
            }
        }
        return to;
    }
}

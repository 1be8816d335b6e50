package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a checkpoint's picture and video processors share: the sizes of a patch, the limits of a picture, and what each
 * byte becomes.
 *
 * @param temporalPatch frames in a patch
 * @param merge patches along each side that become one token
 * @param minPixels of one picture, or of all frames of a film together
 * @param maxPixels likewise
 * @param normalised by channel, what each byte becomes
 * @param weighting how resized pixels are rounded
 */
record PixelRules(
        int patch,
        int temporalPatch,
        int merge,
        long minPixels,
        long maxPixels,
        Resampling.Filter filter,
        Resampling.Weighting weighting,
        float[][] normalised) {

    private static final int CHANNELS = 3;

    /** Which of the two processors of transformers the numbers must be equal to. */
    enum Processor {
        /** Stills: its PIL backend. */
        PICTURE("preprocessor_config.json", "image_processor"),
        /** Films: torchvision, its only backend. */
        FILM("video_preprocessor_config.json", "video_processor");

        private final String file;
        private final String nested;

        Processor(String file, String nested) {
            this.file = file;
            this.nested = nested;
        }

        /** Whether the checkpoint says anything about it. */
        boolean isConfigured(Path checkpoint) {
            Path together = checkpoint.resolve(TOGETHER);
            return Files.exists(checkpoint.resolve(file))
                    || (Files.exists(together) && json(together).has(nested));
        }
    }

    /** What newer exports write instead of one file a processor. */
    static final String TOGETHER = "processor_config.json";

    /** One processor's settings, and the file that they stand in. */
    record Settings(Path file, JsonNode json) {

        /** A whole number from 1. */
        long whole(String field) {
            return whole(json, field);
        }

        /** A limit, under its old name at the top or its new one in {@code size}. */
        long limit(String atTop, String inSize) {
            return json.has(atTop) ? whole(json, atTop) : whole(json.path("size"), inSize);
        }

        private long whole(JsonNode object, String field) {
            JsonNode value = object.path(field);
            if (!value.isIntegralNumber() || value.asLong() < 1 || value.asLong() > Integer.MAX_VALUE) {
                throw new CheckpointException(
                        "%s: %s must be a whole number from 1, is %s; copy the checkpoint again, whole"
                                .formatted(file, field, value.isMissingNode() ? "missing" : value.toString()));
            }
            return value.asLong();
        }

        private double number(String field, int channel) {
            JsonNode value = json.path(field).path(channel);
            if (!value.isNumber() || (field.equals("image_std") && !(value.asDouble() > 0))) {
                throw new CheckpointException("%s: %s must be three numbers, is %s; copy the checkpoint again, whole"
                        .formatted(file, field, json.path(field)));
            }
            return value.asDouble();
        }
    }

    /**
     * The processor's own file, or else its part of {@code processor_config.json}.
     *
     * @throws CheckpointException when there is neither, or it is broken
     */
    static Settings settings(Path checkpoint, Processor processor) {
        Path own = checkpoint.resolve(processor.file);
        Path together = checkpoint.resolve(TOGETHER);
        if (!Files.exists(own) && Files.exists(together) && json(together).has(processor.nested)) {
            return new Settings(together, json(together).path(processor.nested));
        }
        return new Settings(own, json(own));
    }

    /** @throws CheckpointException when a number is missing or impossible */
    static PixelRules of(Settings settings, Processor processor) {
        JsonNode config = settings.json();
        Resampling.Filter filter = switch (config.path("resample").asInt(3)) {
            case 2 -> Resampling.Filter.BILINEAR;
            case 3 -> Resampling.Filter.BICUBIC;
            default ->
                throw new CheckpointException("%s: resample is %s; 2 (bilinear) and 3 (bicubic) are taken"
                        .formatted(settings.file(), config.path("resample")));
        };
        for (String step : List.of("do_resize", "do_rescale", "do_normalize")) {
            if (!config.path(step).asBoolean(true)) {
                throw new CheckpointException(
                        "%s: %s is false; only checkpoints that do it are taken".formatted(settings.file(), step));
            }
        }
        return new PixelRules(
                (int) settings.whole("patch_size"),
                (int) settings.whole("temporal_patch_size"),
                (int) settings.whole("merge_size"),
                settings.limit("min_pixels", "shortest_edge"),
                settings.limit("max_pixels", "longest_edge"),
                filter,
                processor == Processor.FILM ? Resampling.Weighting.TORCH : Resampling.Weighting.PILLOW,
                normalised(settings, processor));
    }

    /** In the order and precision of the reference: Pillow's scales in double first, torchvision's all in float. */
    private static float[][] normalised(Settings settings, Processor processor) {
        double scale = settings.json().path("rescale_factor").asDouble(1 / 255.0);
        float whole = (float) (1 / scale);
        float[][] table = new float[CHANNELS][256];
        for (int c = 0; c < CHANNELS; c++) {
            float mean = (float) settings.number("image_mean", c);
            float deviation = (float) settings.number("image_std", c);
            for (int value = 0; value < 256; value++) {
                table[c][value] = switch (processor) {
                    case PICTURE -> ((float) (value * scale) - mean) / deviation;
                    case FILM -> (value - mean * whole) / (deviation * whole);
                };
            }
        }
        return table;
    }

    PixelRules withMaxPixels(long pixels) {
        long smallest = (long) factor() * factor();
        if (pixels < smallest) {
            throw new IllegalArgumentException("max_pixels must be at least %d, got %d".formatted(smallest, pixels));
        }
        return new PixelRules(patch, temporalPatch, merge, minPixels, pixels, filter, weighting, normalised);
    }

    /** Pixels of one merged patch's side. */
    int factor() {
        return patch * merge;
    }

    /** One side in whole merged patches, halves to even. */
    long rounded(double pixels) {
        return (long) Math.rint(pixels / factor()) * factor();
    }

    long roundedDown(double pixels) {
        return Math.max(factor(), (long) Math.floor(pixels / factor()) * factor());
    }

    long roundedUp(double pixels) {
        return (long) Math.ceil(pixels / factor()) * factor();
    }

    /**
     * Resizes frames and cuts them into patches.
     *
     * @param frames 8-bit RGB, at least 1; where they do not fill the last patch in time, the last is repeated
     */
    Patches patches(List<byte[]> frames, int width, int height, PictureSize size) {
        List<byte[]> resized = frames.stream()
                .map(rgb -> Resampling.resize(rgb, width, height, size.width(), size.height(), filter, weighting))
                .toList();
        int steps = Math.ceilDiv(frames.size(), temporalPatch);
        int rows = size.height() / patch;
        int columns = size.width() / patch;
        int numbers = CHANNELS * temporalPatch * patch * patch;
        float[] out = new float[Math.multiplyExact(Math.multiplyExact(steps, rows * columns), numbers)];
        int to = 0;
        for (int step = 0; step < steps; step++) {
            List<byte[]> shown =
                    resized.subList(step * temporalPatch, Math.min((step + 1) * temporalPatch, resized.size()));
            for (int blockRow = 0; blockRow < rows; blockRow += merge) {
                for (int blockColumn = 0; blockColumn < columns; blockColumn += merge) {
                    for (int row = blockRow; row < blockRow + merge; row++) {
                        for (int column = blockColumn; column < blockColumn + merge; column++) {
                            patch(shown, size.width(), row * patch, column * patch, out, to);
                            to += numbers;
                        }
                    }
                }
            }
        }
        return new Patches(out, steps, rows, columns);
    }

    /** One patch: channel by channel, in each frame by frame; the last frame again where there are too few. */
    private void patch(List<byte[]> frames, int width, int top, int left, float[] out, int start) {
        int area = patch * patch;
        int to = start;
        for (int c = 0; c < CHANNELS; c++) {
            for (byte[] frame : frames) {
                to = plane(frame, width, top, left, c, out, to);
            }
            for (int t = frames.size(); t < temporalPatch; t++) {
                System.arraycopy(out, to - area, out, to, area);
                to += area;
            }
        }
    }

    private int plane(byte[] pixels, int width, int top, int left, int channel, float[] out, int start) {
        float[] table = normalised[channel];
        int to = start;
        for (int y = 0; y < patch; y++) {
            int from = ((top + y) * width + left) * CHANNELS + channel;
            for (int x = 0; x < patch; x++) {
                out[to++] = table[pixels[from] & 0xff];
                from += CHANNELS;
            }
        }
        return to;
    }

    private static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new CheckpointException(
                    "%s cannot be read: %s; copy the checkpoint again, whole".formatted(file, why), e);
        }
    }
}

package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code scales.json}: how large the inputs of a model's linear layers became over a recipe's pictures and prompts. FP8
 * activations are divided by a scale that is fixed when an engine is built, and this is where it comes from.
 *
 * @param format version of this file's layout
 * @param checkpoint SHA-256 of the weights, an adapter's included, as in an engine's manifest
 * @param recipe that the pictures were judged by
 * @param pictures that were judged
 * @param share of the rows of an input that lie within {@link Range#usual()}, in (0, 1)
 * @param linears by the name that transformers has for the layer
 * @param means of inputs over all rows, number by number, where a {@link CentredInput} is possible; empty in a file that does
 *     not say
 */
public record ActivationScales(
        int format,
        String checkpoint,
        Recipe recipe,
        int pictures,
        double share,
        SortedMap<String, Range> linears,
        @JsonSetter(nulls = Nulls.AS_EMPTY) SortedMap<String, List<Float>> means) {

    /**
     * So much larger than what was seen may activations become before they are cut off. The steps between numbers stay the same:
     * E4M3 is a floating-point type, and this a power of two.
     */
    private static final float ROOM = 2;

    /** The layout written by this version. */
    public static final int FORMAT = 1;

    /** @param hash SHA-256 of the recipe's file */
    public record Recipe(String id, String version, String hash) {}

    /**
     * One layer's input.
     *
     * @param rows that were seen: patches, picture tokens or tokens
     * @param largest magnitude of all
     * @param usual largest magnitude in all rows but the few that {@link ActivationScales#share()} leaves out
     */
    public record Range(long rows, float largest, float usual) {}

    public ActivationScales {
        linears = new TreeMap<>(linears);
        means = new TreeMap<>(means);
    }

    /** @throws CheckpointException if the file is missing or no such file */
    public static ActivationScales read(Path file) {
        var mapper = new ObjectMapper();
        try {
            byte[] json = Files.readAllBytes(file);
            int format = mapper.readTree(json).path("format").asInt(0);
            if (format != FORMAT) {
                throw new CheckpointException("%s has format %d, want %d; make it anew with ./goshawk engine calibrate"
                        .formatted(file, format, FORMAT));
            }
            return mapper.readValue(json, ActivationScales.class);
        } catch (IOException e) {
            throw new CheckpointException(
                    "cannot read the scales %s (%s); make them with ./goshawk engine calibrate"
                            .formatted(file, CheckpointException.firstLine(e)),
                    e);
        }
    }

    /** @throws CheckpointException if the file cannot be written */
    public void write(Path file) {
        try {
            Durable.replace(file, toJson());
        } catch (IOException e) {
            throw new CheckpointException("cannot write %s (%s); name a file that you may write".formatted(file, e), e);
        }
    }

    byte[] toJson() {
        return JsonRecord.bytes(this);
    }

    /**
     * Refuses scales that cannot be used.
     *
     * @param sha256 of the weights that they are wanted for
     * @param wanted layers that are to be FP8
     * @throws CheckpointException if they are another checkpoint's, or do not know a layer
     */
    void require(String sha256, Collection<String> wanted) {
        if (!checkpoint.equals(sha256)) {
            throw new CheckpointException(
                    "the scales are of checkpoint %.12s…, this one is %.12s…; calibrate with this one: ./goshawk engine calibrate"
                            .formatted(checkpoint, sha256));
        }
        for (String linear : wanted) {
            Range range = linears.get(linear);
            if (range == null || range.rows() < 1 || !(range.largest() >= 0 && Float.isFinite(range.largest()))) {
                throw new CheckpointException(
                        "the scales say nothing usable of %s; calibrate again: ./goshawk engine calibrate"
                                .formatted(linear));
            }
        }
    }

    /** The mean of a layer's input, where it is to be taken away before the input becomes E4M3. */
    Optional<List<Float>> mean(String linear) {
        return Optional.ofNullable(means.get(linear));
    }

    /**
     * What activations of a layer are divided by before they become E4M3: above 0, in FP32. What the mean was taken away from may
     * be larger by as much.
     */
    float scale(String linear) {
        Range range = linears.get(linear);
        if (range == null) {
            throw new IllegalArgumentException("no scale of " + linear);
        }
        double shift = mean(linear).orElse(List.of()).stream()
                .mapToDouble(Math::abs)
                .max()
                .orElse(0);
        float largest = (float) (range.largest() + shift);
        return largest > 0 ? ROOM * largest / Rounding.E4M3_LARGEST : 1;
    }
}

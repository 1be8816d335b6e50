package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActivationScalesTest {

    private static final float[] NO_MEAN = {};

    @TempDir
    Path dir;

    private static ActivationScales scales(Map<String, ActivationScales.Range> linears) {
        return scales(linears, Map.of());
    }

    private static ActivationScales scales(
            Map<String, ActivationScales.Range> linears, Map<String, List<Float>> means) {
        return new ActivationScales(
                ActivationScales.FORMAT,
                "0123456789abcdef",
                new ActivationScales.Recipe("bracket", "1.0", "feed"),
                3,
                0.999,
                new TreeMap<>(linears),
                new TreeMap<>(means));
    }

    @Test
    void theUsualIsThePercentileOfTheRowsLargest() {
        Random random = new Random(4);
        float[] all = new float[20_000];
        var ranges = new ActivationRanges();
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) Math.exp(3 * random.nextGaussian());
            ranges.add("x", new float[] {all[i]}, NO_MEAN);
        }
        Arrays.sort(all);
        for (double share : new double[] {0.5, 0.9, 0.999}) {
            ActivationScales.Range range =
                    Objects.requireNonNull(ranges.within(share).get("x"));
            float exact = all[(int) Math.ceil(share * all.length) - 1];
            assertThat(range.rows()).isEqualTo(all.length);
            assertThat(range.largest()).isEqualTo(all[all.length - 1]);
            assertThat(range.usual()).as("share %s", share).isBetween(exact, exact * 1.011f);
        }
    }

    @Test
    void zerosAndHugeNumbersHaveTheirPlace() {
        var ranges = new ActivationRanges();
        ranges.add("x", new float[] {0, 0, 0}, NO_MEAN);
        assertThat(ranges.within(0.999).get("x")).isEqualTo(new ActivationScales.Range(3, 0, 0));
        ranges.add("x", new float[] {1e30f}, NO_MEAN);
        assertThat(Objects.requireNonNull(ranges.within(0.999).get("x")).largest())
                .isEqualTo(1e30f);
        ranges.clear();
        assertThat(ranges.within(0.999)).isEmpty();
    }

    @Test
    void whatIsNoNumberIsRefusedByItsLayer() {
        var ranges = new ActivationRanges();
        assertThatThrownBy(() -> ranges.add("model.visual.blocks.0.attn.qkv", new float[] {1, Float.NaN}, NO_MEAN))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the input of model.visual.blocks.0.attn.qkv became NaN");
    }

    @Test
    void theMeanIsOfAllRowsHoweverManyCameTogether() {
        var ranges = new ActivationRanges();
        ranges.add("x", new float[] {2}, new float[] {2, -1});
        ranges.add("x", new float[] {4, 3, 5}, new float[] {4, 1});
        ranges.add("y", new float[] {4, 3, 5}, NO_MEAN);
        assertThat(ranges.means()).isEqualTo(Map.of("x", List.of(3.5f, 0.5f)));
    }

    @Test
    void theFileSaysTheSame() throws IOException {
        ActivationScales scales = scales(
                Map.of("lm_head", new ActivationScales.Range(5, 2.5f, 2.25f)), Map.of("x", List.of(0.1f, -3e-9f)));
        Path file = dir.resolve("scales.json");
        scales.write(file);
        assertThat(ActivationScales.read(file)).isEqualTo(scales);
        Files.writeString(file, Files.readString(file).replace("\"format\" : 1", "\"format\" : 7"));
        assertThatThrownBy(() -> ActivationScales.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("has format 7, want 1; make it anew with ./goshawk engine calibrate");
        Files.writeString(file, "{\"format\": 1, ");
        assertThatThrownBy(() -> ActivationScales.read(file)).hasMessageContaining("cannot read the scales");
        assertThatThrownBy(() -> ActivationScales.read(dir.resolve("none.json")))
                .hasMessageContaining("none.json")
                .hasMessageContaining("./goshawk engine calibrate");
    }

    @Test
    void aFileThatDoesNotTellOfMeansIsReadAsBefore() throws IOException {
        Path file = dir.resolve("scales.json");
        scales(Map.of("lm_head", new ActivationScales.Range(5, 2.5f, 2.25f))).write(file);
        String before = Files.readString(file).replaceFirst(",\\s*\"means\" : \\{ \\}", "");
        assertThat(before).doesNotContain("means").contains("lm_head");
        Files.writeString(file, before);
        ActivationScales read = ActivationScales.read(file);
        assertThat(read.means()).isEmpty();
        assertThat(read.mean("lm_head")).isEmpty();
        assertThat(read.scale("lm_head")).isEqualTo(2 * 2.5f / 448);
    }

    @Test
    void whatAMeanIsTakenFromHasRoomForIt() {
        ActivationScales scales =
                scales(Map.of("x", new ActivationScales.Range(5, 400, 1)), Map.of("x", List.of(1f, -48f, 47f)));
        assertThat(scales.scale("x")).isEqualTo(2);
    }

    @Test
    void scalesOfAnotherCheckpointAreRefusedWithBothHashes() {
        ActivationScales scales = scales(Map.of("lm_head", new ActivationScales.Range(5, 2.5f, 2.25f)));
        scales.require("0123456789abcdef", List.of("lm_head"));
        assertThatThrownBy(() -> scales.require("fedcba9876543210", List.of("lm_head")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("of checkpoint 0123456789ab…, this one is fedcba987654…");
        assertThatThrownBy(() -> scales.require("0123456789abcdef", List.of("lm_head", "model.visual.x")))
                .hasMessageContaining("nothing usable of model.visual.x");
    }

    @Test
    void aLayerThatSawOnlyZerosHasAScaleAboveZero() {
        ActivationScales scales = scales(
                Map.of("still", new ActivationScales.Range(5, 0, 0), "busy", new ActivationScales.Range(5, 896, 1)));
        assertThat(scales.scale("still")).isEqualTo(1);
        assertThat(scales.scale("busy")).as("twice 896 is stored as 448").isEqualTo(4);
    }
}

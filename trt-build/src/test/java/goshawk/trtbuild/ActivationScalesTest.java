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

    @TempDir
    Path dir;

    private static ActivationScales scales(Map<String, ActivationScales.Range> linears) {
        return new ActivationScales(
                ActivationScales.FORMAT,
                "0123456789abcdef",
                new ActivationScales.Recipe("bracket", "1.0", "feed"),
                3,
                0.999,
                new TreeMap<>(linears));
    }

    @Test
    void theUsualIsThePercentileOfTheRowsLargest() {
        Random random = new Random(4);
        float[] all = new float[20_000];
        var ranges = new ActivationRanges();
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) Math.exp(3 * random.nextGaussian());
            ranges.add("x", new float[] {all[i]});
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
        ranges.add("x", new float[] {0, 0, 0});
        assertThat(ranges.within(0.999).get("x")).isEqualTo(new ActivationScales.Range(3, 0, 0));
        ranges.add("x", new float[] {1e30f});
        assertThat(Objects.requireNonNull(ranges.within(0.999).get("x")).largest())
                .isEqualTo(1e30f);
        ranges.clear();
        assertThat(ranges.within(0.999)).isEmpty();
    }

    @Test
    void whatIsNoNumberIsRefusedByItsLayer() {
        var ranges = new ActivationRanges();
        assertThatThrownBy(() -> ranges.add("model.visual.blocks.0.attn.qkv", new float[] {1, Float.NaN}))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the input of model.visual.blocks.0.attn.qkv became NaN");
    }

    @Test
    void theFileSaysTheSame() throws IOException {
        ActivationScales scales = scales(Map.of("lm_head", new ActivationScales.Range(5, 2.5f, 2.25f)));
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
        assertThat(scales.scale("busy")).isEqualTo(2);
    }
}

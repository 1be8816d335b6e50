package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreprocessorTest {

    @TempDir
    Path dir;

    @Test
    void pixelsAreThoseOfTransformersPilBackendBitByBit() throws IOException {
        for (JsonNode one : TextGoldens.json("pictures/pictures.json")) {
            String name = one.path("name").asText();
            Files.copy(
                    TextGoldens.folder("pictures/" + name + ".json"),
                    dir.resolve("preprocessor_config.json"),
                    StandardCopyOption.REPLACE_EXISTING);
            Preprocessor preprocessor = Preprocessor.read(dir);
            if (one.path("maxPixels").isNumber()) {
                preprocessor = preprocessor.withMaxPixels(one.path("maxPixels").asLong());
            }
            Patches patches = preprocessor.patches(
                    TextGoldens.unzipped("pictures/" + name + ".rgb.gz"),
                    one.path("width").asInt(),
                    one.path("height").asInt());
            float[] wanted = new float[one.path("values").asInt()];
            ByteBuffer.wrap(TextGoldens.unzipped("pictures/" + name + ".f32.gz"))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(wanted);
            assertThat(new int[] {patches.gridT(), patches.gridH(), patches.gridW()})
                    .as(name)
                    .containsExactly(
                            one.path("grid").path(0).asInt(),
                            one.path("grid").path(1).asInt(),
                            one.path("grid").path(2).asInt());
            assertThat(patches.pixels()).as(name).isEqualTo(wanted);
        }
    }

    @Test
    void sizesAreThoseOfTransformers() throws IOException {
        for (JsonNode row : TextGoldens.json("pictures/sizes.json")) {
            write(row.path(0).asInt() / 2, row.path(1).asLong(), row.path(2).asLong());
            assertThat(Preprocessor.read(dir)
                            .resized(row.path(3).asInt(), row.path(4).asInt()))
                    .as("%s", row)
                    .isEqualTo(new PictureSize(row.path(5).asInt(), row.path(6).asInt()));
        }
    }

    @Test
    void aPictureThatFitsIsNotTouched() {
        byte[] rgb = new byte[64 * 32 * 3];
        assertThat(Resampling.resize(rgb, 64, 32, 64, 32, Resampling.Filter.BICUBIC, Resampling.Weighting.PILLOW))
                .isSameAs(rgb);
    }

    @Test
    void aSliverIsRefused() throws IOException {
        write(16, 65536, 1 << 20);
        Preprocessor preprocessor = Preprocessor.read(dir);
        assertThatThrownBy(() -> preprocessor.resized(2010, 10)).hasMessageContaining("2010×10");
        assertThatThrownBy(() -> preprocessor.withMaxPixels(1000)).hasMessageContaining("at least 1024");
    }

    @Test
    void whatIsMissingOrUnknownIsNamed() throws IOException {
        assertThatThrownBy(() -> Preprocessor.read(dir)).hasMessageContaining("preprocessor_config.json");
        Path file = dir.resolve("preprocessor_config.json");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> Preprocessor.read(dir)).isInstanceOf(CheckpointException.class);
        Files.writeString(file, "{\"min_pixels\": 4096, \"max_pixels\": 8192, \"patch_size\": -1}");
        assertThatThrownBy(() -> Preprocessor.read(dir))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("patch_size must be a whole number from 1, is -1");
        write(16, 65536, 1 << 20);
        Files.writeString(file, Files.readString(file).replace("{", "{\"resample\": 1, "));
        assertThatThrownBy(() -> Preprocessor.read(dir)).hasMessageContaining("resample is 1");
    }

    private void write(int patch, long min, long max) throws IOException {
        Files.writeString(dir.resolve("preprocessor_config.json"), """
                {"size": {"shortest_edge": %d, "longest_edge": %d}, "patch_size": %d, "temporal_patch_size": 2,
                 "merge_size": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
                """.formatted(min, max, patch));
    }
}

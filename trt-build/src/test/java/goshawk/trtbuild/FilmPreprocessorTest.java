package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilmPreprocessorTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"down", "up", "thin", "unequal", "capped"})
    void pixelsAreThoseOfTransformersVideoProcessorBitByBit(String name) throws IOException {
        JsonNode written = FilmGoldens.json(name + ".json");
        Files.copy(FilmGoldens.file(name + ".json"), dir.resolve("video_preprocessor_config.json"));
        int count = written.path("frames").asInt();
        int width = written.path("width").asInt();
        int height = written.path("height").asInt();
        Film film = FilmPreprocessor.read(dir)
                .film(
                        FilmGoldens.frames(name.length(), count, width, height),
                        width,
                        height,
                        Collections.nCopies(count, 0.0));
        Patches patches = film.patches();
        assertThat(new int[] {patches.gridT(), patches.gridH(), patches.gridW()})
                .containsExactly(
                        written.path("grid").path(0).asInt(),
                        written.path("grid").path(1).asInt(),
                        written.path("grid").path(2).asInt());
        assertThat(patches.pixels()).isEqualTo(FilmGoldens.floats(name + ".f32.gz"));
        assertThat(film.tokensPerStep() * patches.gridT() * 4)
                .isEqualTo(patches.gridT() * patches.gridH() * patches.gridW());
    }

    @Test
    void sizesAreThoseOfTransformers() throws IOException {
        for (JsonNode row : FilmGoldens.json("tables.json").path("sizes")) {
            write(row.path(0).asLong(), row.path(1).asLong(), "");
            assertThat(FilmPreprocessor.read(dir)
                            .resized(
                                    row.path(2).asInt(),
                                    row.path(3).asInt(),
                                    row.path(4).asInt()))
                    .as("%s", row)
                    .isEqualTo(new PictureSize(row.path(5).asInt(), row.path(6).asInt()));
        }
    }

    @Test
    void framesAreChosenAsTransformersChoosesThem() {
        FilmPreprocessor films = FilmPreprocessor.read(FilmGoldens.checkpoint());
        for (JsonNode row : FilmGoldens.json("tables.json").path("choices")) {
            int[] chosen = films.chosen(row.path(0).asInt(), row.path(1).asDouble());
            assertThat(chosen).as("%s", row).hasSize(row.path(2).asInt());
            assertThat(Arrays.stream(chosen).sum())
                    .as("%s", row)
                    .isEqualTo(row.path(5).asInt());
            for (int i = 0; i < row.path(3).size(); i++) {
                assertThat(chosen[i]).isEqualTo(row.path(3).path(i).asInt());
            }
        }
    }

    @Test
    void timesAreTheMiddleOfEachStep() throws IOException {
        write(4096, 1 << 20, "");
        Film film = FilmPreprocessor.read(dir)
                .film(FilmGoldens.frames(1, 5, 64, 64), 64, 64, List.of(0.0, 0.25, 0.5, 0.75, 1.0));
        assertThat(film.seconds()).containsExactly(0.125, 0.625, 1.0);
    }

    @Test
    void newerExportsKeepBothProcessorsInOneFile() throws IOException {
        assertThat(FilmPreprocessor.isIn(dir)).isFalse();
        String picture = Files.readString(FilmGoldens.checkpoint().resolve("preprocessor_config.json"));
        String film = Files.readString(FilmGoldens.checkpoint().resolve("video_preprocessor_config.json"));
        Files.writeString(
                dir.resolve("processor_config.json"),
                "{\"image_processor\": %s, \"video_processor\": %s}".formatted(picture, film));
        assertThat(FilmPreprocessor.isIn(dir)).isTrue();
        assertThat(FilmPreprocessor.read(dir).resized(7, 100, 70))
                .isEqualTo(FilmPreprocessor.read(FilmGoldens.checkpoint()).resized(7, 100, 70));
        assertThat(Preprocessor.read(dir).resized(500, 300))
                .isEqualTo(Preprocessor.read(FilmGoldens.checkpoint()).resized(500, 300));
    }

    @Test
    void whatIsNoFilmIsRefused() throws IOException {
        assertThatThrownBy(() -> FilmPreprocessor.read(dir)).hasMessageContaining("video_preprocessor_config.json");
        write(4096, 1 << 20, "\"fps\": 0,");
        assertThatThrownBy(() -> FilmPreprocessor.read(dir)).hasMessageContaining("fps 0.0, min_frames 4");
        write(4096, 1 << 20, "");
        FilmPreprocessor films = FilmPreprocessor.read(dir);
        assertThatThrownBy(() -> films.resized(1, 64, 64)).hasMessageContaining("at least 2 frames, got 1");
        assertThatThrownBy(() -> films.resized(2, 9000, 40)).hasMessageContaining("9000×40");
        assertThatThrownBy(() -> films.film(FilmGoldens.frames(1, 2, 64, 64), 64, 64, List.of(0.0)))
                .hasMessage("2 frames and 1 times");
        assertThatThrownBy(() -> films.chosen(0, 4)).hasMessageContaining("a film of 0 frames");
    }

    private void write(long min, long max, String more) throws IOException {
        Files.writeString(dir.resolve("video_preprocessor_config.json"), """
                {%s "size": {"shortest_edge": %d, "longest_edge": %d}, "patch_size": 16, "temporal_patch_size": 2,
                 "merge_size": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
                """.formatted(more, min, max));
    }
}

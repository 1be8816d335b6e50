package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The forms in which people have exported this model: names, ties of the head, types. */
class CheckpointMatrixTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "model.language_model., model.visual., lm_head.",
        "language_model.model., visual., language_model.lm_head.",
        "model., visual., lm_head.",
        "model., model.visual., model.lm_head.",
        "'', visual., lm_head.",
        "base.model.language_model., base.model.visual., base.lm_head."
    })
    void weightsAreFoundUnderEveryPrefixThatExportsUse(String text, String vision, String head) throws IOException {
        Files.copy(Goldens.folder("tiny-f32").resolve("config.json"), folder.resolve("config.json"));
        SafetensorsFile.change(
                Goldens.folder("tiny-f32").resolve("model.safetensors"),
                folder.resolve("model.safetensors"),
                header ->
                        rename(header, Map.of(ModelTensors.TEXT, text, ModelTensors.VISION, vision, "lm_head.", head)));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.text("norm.weight").name()).isEqualTo(text + "norm.weight");
            assertThat(checkpoint.head().name()).isEqualTo(head + "weight");
            assertThatCode(() -> EngineBuilder.check(checkpoint)).doesNotThrowAnyException();
        }
    }

    private static void rename(ObjectNode header, Map<String, String> prefixes) {
        var renamed = new LinkedHashMap<String, JsonNode>();
        header.properties().forEach(entry -> {
            String name = entry.getKey();
            for (var prefix : prefixes.entrySet()) {
                if (name.startsWith(prefix.getKey())) {
                    name = prefix.getValue() + name.substring(prefix.getKey().length());
                    break;
                }
            }
            renamed.put(name, entry.getValue());
        });
        header.removeAll();
        header.setAll(renamed);
    }

    @ParameterizedTest
    @CsvSource({
        "true, true, true",
        "false, false, false",
        "true, false, true",
        "false, true, false",
        "'', true, true",
        "'', false, false",
        "'', '', false"
    })
    void theHeadIsTiedAsTheConfigurationSaysItsTopFirst(String top, String text, boolean isTied) throws IOException {
        var json = (ObjectNode) new ObjectMapper()
                .readTree(Goldens.folder("tiny-f32").resolve("config.json").toFile());
        tie(json, top);
        tie((ObjectNode) json.get("text_config"), text);
        assertThat(ModelConfig.of(json).tiedHead()).isEqualTo(isTied);
    }

    private static void tie(ObjectNode json, String tied) {
        json.remove("tie_word_embeddings");
        if (!tied.isEmpty()) {
            json.put("tie_word_embeddings", Boolean.parseBoolean(tied));
        }
    }

    @ParameterizedTest
    @CsvSource({"F32", "BF16", "FP8"})
    void aSyntheticCheckpointHasTheVeryTensorsOfThePublishedShape(SyntheticCheckpoint.Precision precision) {
        ObjectNode shape = shape("tiny-f32");
        SyntheticCheckpoint.like(shape, Optional.of(2), Optional.of(2), precision, 7)
                .write(folder, (_, _, _) -> {});
        try (Checkpoint checkpoint = Checkpoint.open(folder);
                Checkpoint golden = Checkpoint.open(Goldens.folder("tiny-f32"))) {
            assertThatCode(() -> EngineBuilder.check(checkpoint)).doesNotThrowAnyException();
            for (Tensor tensor : checkpoint.tensors()) {
                if (!tensor.name().endsWith("_scale_inv")) {
                    assertThat(golden.tensors())
                            .anyMatch(same -> same.name().equals(tensor.name())
                                    && same.shape().equals(tensor.shape()));
                }
            }
            assertThat(checkpoint
                            .scaleOf(checkpoint.text("layers.0.mlp.up_proj.weight"))
                            .isPresent())
                    .isEqualTo(precision == SyntheticCheckpoint.Precision.FP8);
        }
    }

    @Test
    void theSameSeedWritesTheSameWeights() throws IOException {
        ObjectNode shape = shape("tiny-fp8");
        for (int i = 0; i < 3; i++) {
            synthesize(shape, i == 2 ? 8 : 7, folder.resolve("copy" + i));
        }
        assertThat(folder.resolve("copy0/model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("copy1/model.safetensors"));
        assertThat(Sha256.of(Files.readAllBytes(folder.resolve("copy0/model.safetensors"))))
                .isNotEqualTo(Sha256.of(Files.readAllBytes(folder.resolve("copy2/model.safetensors"))));
    }

    private static void synthesize(ObjectNode shape, long seed, Path folder) {
        SyntheticCheckpoint.like(shape, Optional.empty(), Optional.empty(), SyntheticCheckpoint.Precision.FP8, seed)
                .write(folder, (_, _, _) -> {});
    }

    /** Counted from the published sizes; the parts are those that the model cards name. */
    @ParameterizedTest
    @CsvSource({"2B, 2.13, true", "4B, 4.44, true", "8B, 8.77, false", "32B, 33.36, false"})
    void publishedShapesHaveThePublishedNumberOfParameters(String name, double billions, boolean isTied) {
        var checkpoint = SyntheticCheckpoint.like(
                PublishedShape.named(name).orElseThrow().config(),
                Optional.empty(),
                Optional.empty(),
                SyntheticCheckpoint.Precision.BF16,
                1);
        assertThat(checkpoint.config().tiedHead()).isEqualTo(isTied);
        assertThat(Math.round(checkpoint.bytes() / 2e7) / 100.0).isEqualTo(billions);
    }

    @Test
    void aMadeUpTokenizerSpeaksWithThePublishedIds() {
        ModelConfig config = ModelConfig.of(PublishedShape.B8.config());
        SyntheticTokenizer.write(folder, config, true);
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            assertThat(tokenizer.size()).isEqualTo(151_669);
            String text = "Größe 12 µm? 螺栓 {\"verdict\":\"PASS\"}";
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
            String rendered = ChatTemplate.read(folder)
                    .render(
                            List.of(Message.user(new Message.Picture(), new Message.Film())),
                            ChatTemplate.Answer.EXPECTED);
            assertThat(tokenizer.encode(rendered))
                    .contains(151_644, 151_645, 151_652, 151_653, 151_655, 151_656, 151_667);
        }
        assertThat(FilmPreprocessor.read(folder).resized(8, 640, 480)).isEqualTo(new PictureSize(640, 480));
        ModelConfig other = ModelConfig.read(Goldens.folder("tiny-f32").resolve("config.json"));
        assertThatThrownBy(() -> SyntheticTokenizer.write(folder, other, true))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("put its tokenizer.json beside it");
    }

    private static ObjectNode shape(String name) {
        try {
            return (ObjectNode) new ObjectMapper()
                    .readTree(Goldens.folder(name).resolve("config.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {

    @TempDir
    Path folder;

    @Test
    void tensorsAreFoundUnderWhateverPrefix() {
        try (Checkpoint usual = Checkpoint.open(Goldens.folder("tiny-f32"));
                Checkpoint other = Checkpoint.open(Goldens.folder("tiny-fp8-ragged"))) {
            assertThat(usual.text("norm.weight").name()).isEqualTo("model.language_model.norm.weight");
            assertThat(other.text("norm.weight").name()).isEqualTo("language_model.model.norm.weight");
            assertThat(other.vision("pos_embed.weight").name()).isEqualTo("visual.pos_embed.weight");
            assertThat(other.head().name()).isEqualTo("language_model.lm_head.weight");
        }
    }

    @Test
    void aTiedHeadIsTheEmbeddingTable() {
        try (Checkpoint tied = Checkpoint.open(Goldens.folder("tiny-bf16"))) {
            assertThat(tied.head()).isEqualTo(tied.text("embed_tokens.weight"));
        }
    }

    @Test
    void theBlockScalesGoWithTheirWeight() {
        try (Checkpoint fp8 = Checkpoint.open(Goldens.folder("tiny-fp8-ragged"))) {
            Tensor weight = fp8.text("layers.0.mlp.up_proj.weight");
            assertThat(weight.type()).isEqualTo(ElementType.F8_E4M3);
            assertThat(weight.shape()).isEqualTo(List.of(160L, 96L));
            assertThat(fp8.scaleOf(weight).orElseThrow().shape()).isEqualTo(List.of(2L, 1L));
            assertThat(fp8.scaleOf(fp8.text("norm.weight"))).isEmpty();
        }
    }

    @Test
    void aCheckpointIsCalledWhatItSaysOrLikeItsFolder() throws IOException {
        Path copy = Goldens.copy("tiny-f32", folder.resolve("copy"));
        assertThat(name(copy)).isEqualTo("copy");
        Files.writeString(copy.resolve("goshawk.json"), "{\"name\": \"nano\"}");
        assertThat(name(copy)).isEqualTo("nano");
    }

    private static String name(Path folder) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return checkpoint.name();
        }
    }

    @Test
    void theFilesOfTheHuggingFaceCacheAreFoundThroughTheirLinks() throws IOException {
        Path snapshot = huggingFaceCache("tiny-bf16", folder);
        try (Checkpoint linked = Checkpoint.open(snapshot)) {
            assertThat(linked.files())
                    .hasSize(2)
                    .allSatisfy(file -> assertThat(file.file())
                            .hasParent(folder.resolve("blobs").toAbsolutePath()));
        }
    }

    /** Lays a checkpoint out as the Hugging Face hub does: snapshots of links to blobs named by hash. */
    static Path huggingFaceCache(String name, Path root) throws IOException {
        Path blobs = Files.createDirectories(root.resolve("blobs"));
        Path snapshot = Files.createDirectories(root.resolve("snapshots/0123abcd"));
        try (Stream<Path> files = Files.list(Goldens.folder(name))) {
            for (Path file : files.toList()) {
                Path blob = blobs.resolve(Sha256.of(file, _ -> {}));
                Files.copy(file, blob);
                Files.createSymbolicLink(
                        snapshot.resolve(file.getFileName().toString()),
                        Path.of("../../blobs").resolve(blob.getFileName()));
            }
        }
        return snapshot;
    }

    @Test
    void aMissingFileOfTheIndexIsNamed() throws IOException {
        Path copy = Goldens.copy("tiny-bf16", folder.resolve("copy"));
        Files.delete(copy.resolve("model-00002-of-00002.safetensors"));
        assertThatThrownBy(() -> Checkpoint.open(copy))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors, which is not in");
    }

    @Test
    void aFolderWithoutWeightsIsNamed() throws IOException {
        Files.copy(Goldens.folder("tiny-f32").resolve("config.json"), folder.resolve("config.json"));
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("has neither model.safetensors nor model.safetensors.index.json");
    }

    @Test
    void whatIsNoCheckpointIsNamed() {
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("nowhere"))).hasMessageContaining("is not a folder");
        assertThatThrownBy(() -> Checkpoint.open(folder)).hasMessageContaining("config.json is missing");
    }

    @Test
    void anotherArchitectureIsRefusedByName() throws IOException {
        refused("\"model_type\": \"qwen3_vl\"", "\"model_type\": \"llava\"", "model_type is 'llava'");
        refused("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", "hidden_act of the text is not silu");
        refused("\"mrope_interleaved\": true", "\"mrope_interleaved\": false", "mrope_interleaved is false");
        refused(
                "\"rope_type\": \"default\"",
                "\"rope_type\": \"llama3\"",
                "rope_type is 'llama3'; 'default', 'linear'");
        refused(
                "\"rope_type\": \"default\"",
                "\"rope_type\": \"dynamic\"",
                "rope_type is 'dynamic'; 'default', 'linear'");
        refused("\"rope_type\": \"default\"", "\"rope_type\": \"yarn\", \"factor\": 0.5", "factor of rope_type is 0.5");
        refused(
                "\"model_type\": \"qwen3_vl\"",
                "\"model_type\": \"qwen3_vl_moe\"",
                "model_type is 'qwen3_vl_moe' (a mixture of experts)");
        refused("\"attention_bias\": false", "\"attention_bias\": true", "attention_bias is true");
    }

    @Test
    void aConfigurationThatContradictsItselfIsRefused() throws IOException {
        refused("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "no multiple of num_key_value_heads 3");
        refused("\"num_position_embeddings\": 49", "\"num_position_embeddings\": 50", "50 is no square");
        refused("\"depth\": 3", "\"depth\": 1", "deepstack_visual_indexes has 1");
        refused("\"head_dim\": 32", "\"head_dim\": 16", "does not fill head_dim 16");
        refused("\"hidden_size\": 64", "\"hidden_size\": \"many\"", "hidden_size is missing or no whole number");
    }

    private void refused(String from, String to, String because) throws IOException {
        String config = Files.readString(Goldens.folder("tiny-f32").resolve("config.json"));
        assertThat(config).contains(from);
        Path changed = Files.writeString(folder.resolve("config.json"), config.replaceFirst(from, to));
        assertThatThrownBy(() -> ModelConfig.read(changed))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(changed.toString())
                .hasMessageContaining(because);
    }

    @Test
    void theQuantisationMethodMustBeKnown() throws IOException {
        String config = Files.readString(Goldens.folder("tiny-fp8").resolve("config.json"));
        Path changed = Files.writeString(folder.resolve("config.json"), config.replace("\"fp8\"", "\"awq\""));
        assertThatThrownBy(() -> ModelConfig.read(changed)).hasMessageContaining("quant_method is 'awq'");
    }
}

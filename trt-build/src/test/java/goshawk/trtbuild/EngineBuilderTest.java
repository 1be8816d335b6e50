package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineBuilderTest {

    private static final EngineBuilder.Progress SILENT = (_, _, _) -> {};

    @TempDir
    Path folder;

    @Test
    void theManifestSaysWhatWentIn() throws IOException {
        EngineFolder engine = EngineBuilder.build(Goldens.folder("tiny-fp8"), folder, SILENT);
        Manifest manifest = engine.manifest();
        assertThat(manifest.architecture()).isEqualTo("qwen3_vl");
        assertThat(manifest.precision()).isEqualTo("F16 + F8_E4M3 + F32");
        assertThat(manifest.files()).containsKeys("vision.onnx", "text.onnx", "config.json");
        assertThat(manifest.shapes().text().hidden()).isEqualTo(128);
        assertThat(manifest.checkpoint().sha256())
                .isEqualTo(
                        Sha256.of(Files.readAllBytes(Goldens.folder("tiny-fp8").resolve("model.safetensors"))));
        assertThat(engine.hash())
                .isEqualTo(Sha256.of(Files.readAllBytes(engine.path().resolve("manifest.json"))));
    }

    @Test
    void anEngineIsBuiltOnce() throws IOException {
        EngineFolder first = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        var steps = new ArrayList<String>();
        FileTime written = Files.getLastModifiedTime(first.path().resolve("text.onnx"));
        EngineFolder second = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, (step, _, _) -> steps.add(step));
        assertThat(second.path()).isEqualTo(first.path());
        assertThat(second.hash()).isEqualTo(first.hash());
        assertThat(Files.getLastModifiedTime(second.path().resolve("text.onnx")))
                .isEqualTo(written);
        assertThat(steps).as("nothing read, nothing written").isEmpty();
    }

    @Test
    void anotherTargetIsAnotherEngine() {
        EngineFolder cpu = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        EngineFolder primitive =
                EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, TargetProfile.PRIMITIVE, SILENT);
        assertThat(primitive.path()).isNotEqualTo(cpu.path());
    }

    @Test
    void whatAnInterruptedBuildLeftIsCleanedUp() throws IOException {
        Path left = Files.createDirectories(folder.resolve("0123456789.partial"));
        Files.writeString(left.resolve("text.onnx"), "half");
        EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        assertThat(left).doesNotExist();
    }

    @Test
    void aBuildThatIsInterruptedLeavesNoEngine() {
        assertThatThrownBy(() -> EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, (step, done, _) -> {
                    if (step.equals("writing the engine") && done == 2) {
                        throw new IllegalStateException("stopped");
                    }
                }))
                .hasMessage("stopped");
        assertThat(engines()).isEmpty();
        EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        assertThat(engines()).hasSize(1);
    }

    @Test
    void aProcessThatDiesWhileItBuildsLeavesNoEngine() throws IOException, InterruptedException {
        var child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        BuildAndDie.class.getName(),
                        Goldens.folder("tiny-bf16").toString(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("child.log").toFile())
                .start();
        assertThat(child.waitFor()).isEqualTo(137);
        assertThat(engines()).singleElement().asString().endsWith(".partial");
        EngineFolder built = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        assertThat(engines()).containsExactly(built.path());
    }

    static final class BuildAndDie {
        public static void main(String[] args) {
            EngineBuilder.build(Path.of(args[0]), Path.of(args[1]), (step, done, _) -> {
                if (step.equals("writing the engine") && done == 2) {
                    // No finally, no shutdown hook: as if somebody pulled the plug.
                    Runtime.getRuntime().halt(137);
                }
            });
        }
    }

    @Test
    void aDamagedEngineIsRefusedByNameAndBuiltAgain() throws IOException {
        EngineFolder whole = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        Files.writeString(whole.path().resolve("text.onnx"), "damage");
        assertThatThrownBy(() -> EngineFolder.open(whole.path()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("text.onnx is not what the manifest says");
        EngineFolder again = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, SILENT);
        assertThat(again.textGraph()).isEqualTo(whole.textGraph());
    }

    @Test
    void aFolderWithoutManifestIsNoEngine() throws IOException {
        assertThatThrownBy(() -> EngineFolder.open(folder)).hasMessageContaining("has no manifest.json");
        Files.writeString(folder.resolve("manifest.json"), "{\"format\": 99}");
        assertThatThrownBy(() -> EngineFolder.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no engine of this version (format 99, want 1)");
    }

    @Test
    void weightsThatChangedAfterTheBuildAreNoticed() throws IOException {
        Path copy = Goldens.copy("tiny-f32", folder.resolve("copy"));
        EngineFolder engine = EngineBuilder.build(copy, folder.resolve("cache"), SILENT);
        Path weights = copy.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        Files.setLastModifiedTime(weights, FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
        assertThatThrownBy(() -> EngineFolder.open(engine.path()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("model.safetensors changed since engine");
        Files.delete(weights);
        assertThatThrownBy(() -> EngineFolder.open(engine.path())).hasMessageContaining("model.safetensors of engine");
    }

    @Test
    void weightsThatWereOnlyTouchedAreTheSame() throws IOException {
        Path copy = Goldens.copy("tiny-f32", folder.resolve("copy"));
        EngineFolder engine = EngineBuilder.build(copy, folder.resolve("cache"), SILENT);
        Files.setLastModifiedTime(
                copy.resolve("model.safetensors"), FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
        assertThat(EngineFolder.open(engine.path()).hash()).isEqualTo(engine.hash());
    }

    @Test
    void aModelTooLargeForTheMachineIsRefusedWithBothNumbersBeforeAnythingIsWritten() {
        var builder = new EngineBuilder(TargetProfile.CPU, () -> 100L << 20);
        Path cache = folder.resolve("cache");
        assertThatThrownBy(() -> builder.engine(Goldens.folder("tiny-f32"), Optional.empty(), cache, SILENT))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("MiB of memory on a CPU in FP32 (weights 1 MiB, 2,048 tokens of conversation")
                .hasMessageContaining("100 MiB are free")
                .hasMessageContaining("use a smaller model or a larger machine");
        assertThat(cache).doesNotExist();
    }

    @Test
    void aMissingTensorIsNamedBeforeAnythingIsWritten() throws IOException {
        refused("tiny-f32", header -> header.remove("model.language_model.layers.1.mlp.up_proj.weight"))
                .hasMessageContaining("has no tensor model.language_model.layers.1.mlp.up_proj.weight");
    }

    @Test
    void aHeadThatIsNotTiedMustBeThere() throws IOException {
        refused("tiny-f32", header -> header.remove("lm_head.weight"))
                .hasMessageContaining("has no tensor lm_head.weight");
    }

    @Test
    void aTensorOfAnotherShapeIsNamedWithBothShapes() throws IOException {
        refused("tiny-f32", header -> reshape(header, "model.language_model.layers.0.mlp.up_proj.weight", 64, 96))
                .hasMessageContaining("layers.0.mlp.up_proj.weight has shape [64, 96], config.json wants [96, 64]");
    }

    @Test
    void aTensorOfAnotherTypeIsNamed() throws IOException {
        refused("tiny-f32", header -> ((ObjectNode) header.get("model.visual.pos_embed.weight")).put("dtype", "I32"))
                .hasMessageContaining("model.visual.pos_embed.weight is I32, want F32, BF16 or F16");
    }

    @Test
    void anFp8WeightNeedsItsScale() throws IOException {
        String weight = "model.language_model.layers.0.mlp.up_proj.weight";
        refused("tiny-fp8", header -> header.remove(weight + "_scale_inv"))
                .hasMessageContaining("up_proj.weight is F8_E4M3 without " + weight + "_scale_inv");
        refused("tiny-fp8", header -> reshape(header, weight + "_scale_inv", 1, 2))
                .hasMessageContaining("up_proj.weight_scale_inv has shape [1, 2], config.json wants [2, 1]");
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        assertThatThrownBy(() -> EngineBuilder.build(Goldens.folder("tiny-bf16"), file, SILENT))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("is the folder writable and the disk not full?");
    }

    private AbstractThrowableAssert<?, ? extends Throwable> refused(String name, SafetensorsFile.HeaderChange change)
            throws IOException {
        Path copy = Files.createTempDirectory(folder, "copy");
        Files.copy(Goldens.folder(name).resolve("config.json"), copy.resolve("config.json"));
        SafetensorsFile.change(
                Goldens.folder(name).resolve("model.safetensors"), copy.resolve("model.safetensors"), change);
        Path cache = copy.resolve("cache");
        var refused = assertThatThrownBy(() -> EngineBuilder.build(copy, cache, SILENT))
                .isInstanceOf(CheckpointException.class);
        assertThat(cache).doesNotExist();
        return refused;
    }

    private static void reshape(ObjectNode header, String name, int... shape) {
        var array = ((ObjectNode) header.get(name)).putArray("shape");
        for (int size : shape) {
            array.add(size);
        }
    }

    private List<Path> engines() {
        try (Stream<Path> found = Files.list(folder)) {
            return found.filter(Files::isDirectory).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

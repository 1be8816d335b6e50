package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters that PEFT saved, merged into tiny checkpoints. That the logits are right is the appliance's test. */
class AdapterTest {

    private static final String PAIR = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight";

    @TempDir
    Path folder;

    @Test
    void theManifestSaysWhatWasAddedAndWhatItCost() throws IOException {
        Path adapter = Goldens.folder("adapters/plain-fp8");
        EngineFolder plain = build("tiny-fp8", Optional.empty(), folder);
        EngineFolder merged = build("tiny-fp8", Optional.of(adapter), folder);
        assertThat(merged.hash()).isNotEqualTo(plain.hash());
        assertThat(plain.manifest().adapter()).isNull();
        Manifest.Adapter said = Objects.requireNonNull(merged.manifest().adapter());
        assertThat(said.name()).isEqualTo("plain-fp8");
        assertThat(said.path()).isEqualTo(adapter.toRealPath().toString());
        assertThat(said.sha256()).isEqualTo(Sha256.of(Files.readAllBytes(adapter.resolve(Adapter.WEIGHTS))));
        assertThat(merged.manifest().checkpoint().name())
                .isEqualTo(plain.manifest().checkpoint().name() + " + plain-fp8");
        assertThat(said.matrices()).as("layers_to_transform: [1]").hasSize(7).allSatisfy((name, change) -> {
            assertThat(name).startsWith("model.language_model.layers.1.");
            assertThat(change.rank()).isEqualTo(8);
            assertThat(change.scale()).isEqualTo(2);
            assertThat(change.relativeError()).as("of e4m3, three bits").isBetween(0.01, 0.04);
            assertThat(change.largestError()).isPositive();
        });
    }

    /** Every number of the file against the sum, computed here in FP64. */
    @ParameterizedTest
    @CsvSource({
        "tiny-f32, list-f32, 1e-6",
        "tiny-bf16, regex-bf16, 0.00391",
        "tiny-fp8, plain-fp8, 0.0625",
        "tiny-fp8-ragged, old-names-fp8, 0.0667" // a BF16 scale may lie 1/256 too low
    })
    void whatIsStoredIsTheSumRoundedOnce(String name, String adapterName, double relative) {
        EngineFolder engine = build(name, Optional.of(Goldens.folder("adapters/" + adapterName)), folder);
        try (Checkpoint base = Checkpoint.open(Goldens.folder(name));
                Adapter adapter = Adapter.open(Goldens.folder("adapters/" + adapterName), base);
                Safetensors merged = Safetensors.open(mergedFile(engine))) {
            Checkpoint changed = base.with(merged);
            assertThat(adapter.changes()).isNotEmpty();
            for (Adapter.Change change : adapter.changes()) {
                double[] exact = sum(base, adapter, change);
                double[] stored = numbers(
                        changed,
                        Objects.requireNonNull(
                                merged.tensors().get(change.base().name())));
                double largest = Stream.of(exact)
                        .flatMapToDouble(Arrays::stream)
                        .map(Math::abs)
                        .max()
                        .orElseThrow();
                for (int i = 0; i < exact.length; i++) {
                    double allowed = Math.abs(exact[i]) * relative + largest / 448 / 512 + 1e-7;
                    assertThat(stored[i] - exact[i])
                            .as("%s at %d", change.base().name(), i)
                            .isBetween(-allowed, allowed);
                }
            }
        }
    }

    @Test
    void theBaseIsLeftAloneAndWhatDidNotChangeIsNotCopied() throws IOException {
        Path copy = Goldens.copy("tiny-bf16", folder.resolve("copy"));
        List<String> before = hashes(copy);
        EngineFolder engine = EngineBuilder.build(
                copy,
                Optional.of(Goldens.folder("adapters/regex-bf16")),
                folder.resolve("cache"),
                TargetProfile.CPU,
                (_, _, _) -> {});
        assertThat(hashes(copy)).isEqualTo(before);
        try (Safetensors merged = Safetensors.open(mergedFile(engine))) {
            assertThat(merged.tensors())
                    .hasSize(8)
                    .allSatisfy((name, _) -> assertThat(name).matches(".*(k|o|gate|up)_proj.weight"));
        }
    }

    @Test
    void anAdapterIsMergedOnceForAllTargetsAndAgainWhenItsFileIsDamaged() throws IOException {
        Path adapter = Goldens.folder("adapters/regex-bf16");
        EngineFolder first = build("tiny-bf16", Optional.of(adapter), folder);
        var steps = new ArrayList<String>();
        EngineFolder other = EngineBuilder.build(
                Goldens.folder("tiny-bf16"),
                Optional.of(adapter),
                folder,
                TargetProfile.PRIMITIVE,
                (step, _, _) -> steps.add(step));
        assertThat(steps).isNotEmpty().doesNotContain("merging the adapter");
        assertThat(mergedFile(other)).isEqualTo(mergedFile(first));
        byte[] bytes = Files.readAllBytes(mergedFile(first));
        byte[] damaged = bytes.clone();
        damaged[damaged.length - 1] ^= 1;
        Files.write(mergedFile(first), damaged);
        assertThatThrownBy(() -> EngineFolder.open(first.path())).hasMessageContaining("changed since engine");
        EngineFolder again = build("tiny-bf16", Optional.of(adapter), folder);
        assertThat(again.hash()).isEqualTo(first.hash());
        assertThat(Files.readAllBytes(mergedFile(again))).isEqualTo(bytes);
    }

    @Test
    void anAdapterForAnotherModelIsRefusedWithBothShapes() {
        refused("tiny-f32", Goldens.folder("adapters/regex-bf16"))
                .hasMessageContaining("this adapter was trained for another model");
    }

    @Test
    void halfAPairIsNamed() throws IOException {
        Path copy = adapter("list-f32", _ -> {}, header -> header.remove(PAIR));
        refused("tiny-f32", copy).hasMessageContaining("layers.0.self_attn.q_proj has lora_B but no lora_A");
    }

    @Test
    void aTargetThatWasNotSavedIsNamed() throws IOException {
        Path copy = adapter("list-f32", _ -> {}, header -> {
            header.remove(PAIR);
            header.remove(PAIR.replace("lora_A", "lora_B"));
        });
        refused("tiny-f32", copy)
                .hasMessageContaining("layers.0.self_attn.q_proj is among target_modules but has no lora_A and lora_B");
    }

    @Test
    void whatIsSavedButNotATargetIsNamed() throws IOException {
        Path copy =
                adapter("plain-fp8", config -> config.putArray("target_modules").add("q_proj"), _ -> {});
        refused("tiny-fp8", copy).hasMessageContaining("is not among target_modules, so PEFT would ignore it");
    }

    @Test
    void whatIsNoLinearLayerIsNamed() throws IOException {
        Path embedding = adapter("list-f32", _ -> {}, header -> move(header, PAIR, "embed_tokens"));
        refused("tiny-f32", embedding).hasMessageContaining("embed_tokens is no linear layer of the checkpoint");
        Path convolution = adapter("list-f32", _ -> {}, header -> move(header, PAIR, "visual.patch_embed.proj"));
        refused("tiny-f32", convolution).hasMessageContaining("patch_embed.proj is no linear layer of the checkpoint");
    }

    @Test
    void aHeadOfAnotherModelIsNotTakenForACopy() throws IOException {
        Path copy = adapter("list-f32", _ -> {}, header -> {
            var head = (ObjectNode) header.get("base_model.model.lm_head.base_layer.weight");
            int start = head.get("data_offsets").get(0).asInt();
            var other = (ObjectNode) header.get(PAIR);
            head.putArray("data_offsets").add(start + 4).add(start + 4 + 256 * 64 * 4);
            assertThat(other).isNotNull();
        });
        refused("tiny-f32", copy).hasMessageContaining("lm_head.base_layer.weight is neither lora_A nor lora_B");
    }

    @Test
    void settingsThatCannotBeMergedAreNamed() throws IOException {
        refusedSetting(config -> config.put("use_dora", true), "use_dora is true");
        refusedSetting(config -> config.put("bias", "all"), "bias is 'all'");
        refusedSetting(config -> config.put("fan_in_fan_out", true), "fan_in_fan_out is true");
        refusedSetting(
                config -> config.putArray("modules_to_save").add("lm_head"), "modules_to_save has [\"lm_head\"]");
        refusedSetting(
                config -> config.put("init_lora_weights", "pissa"), "init_lora_weights 'pissa' changed the base");
        refusedSetting(config -> config.put("peft_type", "LOHA"), "peft_type is 'LOHA', want LORA");
        refusedSetting(config -> config.put("use_tomorrow", 3), "use_tomorrow is 3: such adapters cannot be merged");
        refusedSetting(config -> config.put("target_modules", "(?<=x"), "the pattern '(?<=x' cannot be read");
    }

    @Test
    void aTrainingThatWentWrongIsNamed() throws IOException {
        Path copy = adapter("list-f32", _ -> {}, _ -> {});
        Path file = copy.resolve(Adapter.WEIGHTS);
        byte[] bytes = Files.readAllBytes(file);
        try (Safetensors opened = Safetensors.open(file)) {
            Tensor half = Objects.requireNonNull(opened.tensors().get(PAIR));
            MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_FLOAT_UNALIGNED, half.offset() + 8, Float.NaN);
        }
        Files.write(file, bytes);
        refused("tiny-f32", copy).hasMessageContaining(PAIR + " holds NaN at 2; the training went wrong");
        try (Stream<Path> left = Files.list(folder.resolve("cache"))) {
            assertThat(left).noneMatch(Files::isDirectory);
        }
    }

    @Test
    void aFolderThatIsNoAdapterIsNamed() {
        refused("tiny-f32", folder).hasMessageContaining("name the folder that PEFT saved the adapter in");
    }

    private void refusedSetting(Consumer<ObjectNode> change, String message) throws IOException {
        refused("tiny-f32", adapter("list-f32", change, _ -> {})).hasMessageContaining(message);
    }

    private AbstractThrowableAssert<?, ? extends Throwable> refused(String checkpoint, Path adapter) {
        return assertThatThrownBy(() -> build(checkpoint, Optional.of(adapter), folder.resolve("cache")))
                .isInstanceOf(CheckpointException.class);
    }

    private static EngineFolder build(String checkpoint, Optional<Path> adapter, Path cache) {
        return EngineBuilder.build(Goldens.folder(checkpoint), adapter, cache, TargetProfile.CPU, (_, _, _) -> {});
    }

    private Path adapter(String name, Consumer<ObjectNode> config, SafetensorsFile.HeaderChange header)
            throws IOException {
        Path copy = Files.createTempDirectory(folder, "adapter");
        Path from = Goldens.folder("adapters/" + name);
        var mapper = new ObjectMapper();
        var written = (ObjectNode) mapper.readTree(from.resolve(Adapter.CONFIG).toFile());
        config.accept(written);
        mapper.writeValue(copy.resolve(Adapter.CONFIG).toFile(), written);
        SafetensorsFile.change(from.resolve(Adapter.WEIGHTS), copy.resolve(Adapter.WEIGHTS), header);
        return copy;
    }

    private static void move(ObjectNode header, String key, String module) {
        for (String half : List.of("A", "B")) {
            String from = key.replace("lora_A", "lora_" + half);
            header.set("base_model.model.model.%s.lora_%s.weight".formatted(module, half), header.remove(from));
        }
    }

    private static Path mergedFile(EngineFolder engine) {
        return engine.manifest().weightNames().stream()
                .filter(name -> name.endsWith("merged.safetensors"))
                .map(name -> engine.weightsFolder().resolve(name))
                .findFirst()
                .orElseThrow();
    }

    private static double[] sum(Checkpoint base, Adapter adapter, Adapter.Change change) {
        double[] exact = numbers(base, change.base());
        float[] a = adapter.numbers(change.a());
        float[] b = adapter.numbers(change.b());
        int columns = Math.toIntExact(change.base().shape().getLast());
        for (int i = 0; i < exact.length; i++) {
            double product = 0;
            for (int k = 0; k < change.rank(); k++) {
                product += (double) b[i / columns * change.rank() + k] * a[k * columns + i % columns];
            }
            exact[i] += change.scale() * product;
        }
        return exact;
    }

    private static double[] numbers(Checkpoint checkpoint, Tensor tensor) {
        int columns = Math.toIntExact(tensor.shape().getLast());
        Optional<Tensor> scale = checkpoint.scaleOf(tensor);
        double[] values = new double[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = Rounding.read(checkpoint.bytes(tensor), tensor.type(), i);
            if (scale.isPresent()) {
                int place = i / columns / 128 * Math.ceilDiv(columns, 128) + i % columns / 128;
                values[i] *=
                        Rounding.read(checkpoint.bytes(scale.get()), scale.get().type(), place);
            }
        }
        return values;
    }

    private static List<String> hashes(Path folder) throws IOException {
        List<String> hashes = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                hashes.add(file.getFileName() + " " + Sha256.of(Files.readAllBytes(file)));
            }
        }
        return hashes;
    }
}

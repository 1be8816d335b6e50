package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.tensorrt.TextWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Everything about an engine for a GPU but what TensorRT does: that is done by somebody else here. */
class GpuEngineBuilderTest {

    private static final EngineBuilder.Progress SILENT = (_, _, _) -> {};
    private static final Path CHECKPOINT = Goldens.folder("tiny-bf16");

    @TempDir
    Path folder;

    private static GpuTarget target() {
        return new GpuTarget(
                new Gpu("Test GPU", 9, 0, 80L << 30, 80L << 30, false),
                PrecisionChoice.Wish.BF16,
                GpuProfile.USUAL,
                Optional.empty());
    }

    private EngineFolder build(
            Optional<Path> adapter, EngineBuilder.Progress progress, GpuEngineBuilder.Worker worker) {
        return build(adapter, progress, "__global__ void attend() {}", worker);
    }

    private EngineFolder build(
            Optional<Path> adapter, EngineBuilder.Progress progress, String kernels, GpuEngineBuilder.Worker worker) {
        var tools = new GpuEngineBuilder.Tools("10.6.0", "13.1", kernels, worker);
        return new GpuEngineBuilder(folder, target(), progress, tools).build(CHECKPOINT, adapter);
    }

    /** Writes what TensorRT would. */
    private static String write(PlanWork work) throws IOException {
        String content = work.kind() == PlanWork.Kind.INSPECTION
                ? "{\"Layers\": [{\"Name\": \"one\", \"LayerType\": \"kernel\"}]}"
                : "plan of " + work.graphs() + work.kind();
        try (HashedFile file = HashedFile.create(work.into().resolve(work.kind().file()))) {
            file.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
            return file.sha256();
        }
    }

    private List<String> names(String end) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> name.endsWith(end))
                    .toList();
        }
    }

    @Test
    void theEngineIsWholeAndNothingOfItIsReadAgainForItsHash() throws IOException {
        Set<String> steps = new HashSet<>();
        List<PlanWork.Kind> order = new ArrayList<>();
        EngineFolder engine = build(Optional.empty(), (step, _, _) -> steps.add(step), (work, _, told) -> {
            order.add(work.kind());
            told.at("compiling", 1, 2);
            return write(work);
        });

        assertThat(order)
                .containsExactly(
                        PlanWork.Kind.OPERATORS, PlanWork.Kind.VISION, PlanWork.Kind.TEXT, PlanWork.Kind.INSPECTION);
        assertThat(steps).contains("vision plan, compiling", "text plan, compiling");
        assertThat(steps).noneMatch(step -> step.contains(".plan") || step.contains(EngineFolder.TABLE));
        Manifest manifest = engine.manifest();
        for (String name :
                List.of(EngineFolder.OPERATORS, EngineFolder.TABLE, EngineFolder.TEXT_PLAN, PlanWork.LAYERS)) {
            assertThat(manifest.files())
                    .containsEntry(
                            name, Sha256.of(Files.readAllBytes(engine.path().resolve(name))));
        }
        String remembered = Files.readString(folder.resolve("fingerprints.json"));
        try (TextWeights.Source source = TextWeights.open(engine.weights(), false)) {
            assertThat(source.bytes()).as("matrices in BF16").isPositive();
        }
        assertThat(engine.decodeKernels()).isEmpty();
        for (String large : EngineFolder.LARGE) {
            assertThat(remembered)
                    .contains(engine.path().resolve(large).toString())
                    .contains(Objects.requireNonNull(manifest.files().get(large)));
        }
        Manifest.Plans plans = Objects.requireNonNull(manifest.plans());
        assertThat(plans.tensorRt()).isEqualTo("10.6.0");
        assertThat(plans.memory())
                .extracting(Manifest.PhaseMemory::phase)
                .containsExactly(
                        "graphs and quantised weights",
                        "embedding table",
                        "kernels of the text plan, compiling",
                        "vision plan, compiling",
                        "text plan, compiling",
                        "inspecting the text plan, compiling");
        assertThat(plans.ownBytes()).isPositive().isLessThanOrEqualTo(plans.peakBytes());

        EngineFolder again = build(Optional.empty(), SILENT, (_, _, _) -> {
            throw new AssertionError("it is built");
        });
        assertThat(again.hash()).isEqualTo(engine.hash());
    }

    private EngineFolder built(PrecisionChoice.Wish wish, GpuProfile profile, String checkpoint) {
        var target = new GpuTarget(
                new Gpu("Test GPU", 9, 0, 80L << 30, 80L << 30, false),
                wish,
                profile,
                QuantisedGraphTest.scales(checkpoint, folder.resolve("scales")));
        var tools = new GpuEngineBuilder.Tools("10.6.0", "13.1", "", (work, _, _) -> write(work));
        return new GpuEngineBuilder(folder, target, SILENT, tools).build(Goldens.folder(checkpoint), Optional.empty());
    }

    /** ROOMY keeps the head in BF16, as INT4 does. */
    @ParameterizedTest
    @CsvSource({"FP8, USUAL, FP8, FP8", "FP8, ROOMY, FP8, BF16", "INT4, USUAL, INT4, BF16"})
    void whatIsQuantisedIsGivenToThePlanAndToTheKernelsOfAFewTokens(
            PrecisionChoice.Wish wish, GpuProfile profile, WeightForm layers, WeightForm head) throws IOException {
        EngineFolder engine = built(wish, profile, "tiny-fp8");
        Path weights = engine.weights();
        assertThat(engine.manifest().files())
                .containsEntry(EngineFolder.WEIGHTS, Sha256.of(weights, _ -> {}))
                .containsKey(EngineFolder.DECODE);
        assertThat(engine.decodeKernels())
                .hasValueSatisfying(
                        file -> assertThat(file).hasParent(engine.path()).exists());
        assertThat(engine.decodeSizes()).hasValueSatisfying(sizes -> {
            assertThat(sizes.layersForm()).isEqualTo(layers);
            assertThat(sizes.headForm()).isEqualTo(head);
        });
        assertThat(Files.readString(folder.resolve("fingerprints.json"))).contains(weights.toString());
        try (TextWeights.Source source = TextWeights.open(weights, true)) {
            assertThat(source.bytes()).isPositive();
        }
        Files.delete(weights);
        Files.writeString(weights, "damage");
        assertThatThrownBy(() -> EngineFolder.open(engine.path())).hasMessageContaining(EngineFolder.WEIGHTS);
    }

    /** What it is given is no more than the GPU was found to need for text and head. */
    @ParameterizedTest
    @CsvSource({"BF16, tiny-fp8", "INT4, tiny-bf16"})
    void aPlanDecodesWhereSomeLayersAreInBf16(PrecisionChoice.Wish wish, String checkpoint) {
        EngineFolder engine = built(wish, GpuProfile.USUAL, checkpoint);
        GpuMemory need = Objects.requireNonNull(engine.manifest().quantised()).memory();
        try (TextWeights.Source source = TextWeights.open(engine.weights(), false)) {
            assertThat(source.bytes()).isBetween(need.head(), need.text() + need.head());
        }
        assertThat(engine.decodeKernels()).isEmpty();
        assertThat(engine.decodeSizes()).isEmpty();
    }

    @Test
    void otherKernelsOfAttentionMakeAnotherEngine() {
        EngineFolder engine = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        EngineFolder other = build(Optional.empty(), SILENT, "// as before", (work, _, _) -> write(work));
        assertThat(other.path()).isNotEqualTo(engine.path());
        assertThat(engine.operatorKernels()).hasParent(engine.path()).exists();
    }

    @Test
    void damagedKernelsOfAttentionAreNotLoaded() throws IOException {
        EngineFolder engine = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        Files.writeString(engine.operatorKernels(), "damage");
        assertThatThrownBy(() -> EngineFolder.open(engine.path())).hasMessageContaining(EngineFolder.OPERATORS);
    }

    /** Its kernels, if it has some, are launched otherwise. */
    @Test
    void anEngineOfBeforeIsRefused() throws IOException {
        EngineFolder engine = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        Path manifest = engine.path().resolve(EngineFolder.MANIFEST);
        Files.writeString(manifest, Files.readString(manifest).replace(EngineFolder.OPERATORS, "attention.cubin"));
        Files.move(engine.operatorKernels(), engine.path().resolve("attention.cubin"));
        assertThatThrownBy(() -> EngineFolder.open(engine.path()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("older version")
                .hasMessageContaining("build it again");
    }

    /** Its plan computes no single tokens, and what does is launched otherwise. */
    @Test
    void anEngineWithKernelsOfBeforeIsRefused() throws IOException {
        EngineFolder engine = built(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, "tiny-fp8");
        Path manifest = engine.path().resolve(EngineFolder.MANIFEST);
        Files.writeString(manifest, Files.readString(manifest).replace(EngineFolder.DECODE, "decode.cubin"));
        Files.move(engine.path().resolve(EngineFolder.DECODE), engine.path().resolve("decode.cubin"));
        assertThatThrownBy(() -> EngineFolder.open(engine.path()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("without " + EngineFolder.DECODE);
    }

    @Test
    void aManifestOfBeforeIsReadAsItWas() throws IOException {
        EngineFolder engine = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        String json = new String(engine.manifest().toJson(), StandardCharsets.UTF_8);
        String before = json.replaceAll("(?s),\\s*\"memory\" : \\[[^\\[]*?]", "");
        assertThat(before).isNotEqualTo(json);
        Manifest.Plans plans = Objects.requireNonNull(
                Manifest.fromJson(before.getBytes(StandardCharsets.UTF_8)).plans());
        assertThat(plans.memory()).isEmpty();
        assertThat(plans.ownBytes()).isEqualTo(plans.peakBytes());
    }

    @Test
    void whatTensorRtRefusesLeavesNothing() throws IOException {
        assertThatThrownBy(() -> build(Optional.empty(), SILENT, (work, _, _) -> {
                    if (work.kind() == PlanWork.Kind.TEXT) {
                        throw new CheckpointException("no kernel fits");
                    }
                    return write(work);
                }))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("no kernel fits");
        assertThat(names(".partial")).isEmpty();
        assertThat(folder.toFile().list((_, name) -> name.startsWith("tensorrt-")))
                .isEmpty();
        assertThat(build(Optional.empty(), SILENT, (work, _, _) -> write(work))
                        .manifest()
                        .plans())
                .isNotNull();
    }

    @Test
    void aDamagedPlanIsBuiltAgain() throws IOException {
        EngineFolder engine = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        Files.writeString(engine.textPlan(), "damage");
        assertThatThrownBy(() -> EngineFolder.open(engine.path())).hasMessageContaining(EngineFolder.TEXT_PLAN);
        EngineFolder again = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        assertThat(again.manifest().files()).isEqualTo(engine.manifest().files());
    }

    @Test
    void anAdapterIsInTheGraphsThatPlansAreMadeOf() throws IOException {
        EngineFolder plain = build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        Path adapter = Goldens.folder("adapters/regex-bf16");
        List<Path> graphs = new ArrayList<>();
        EngineFolder engine = build(Optional.of(adapter), SILENT, (work, _, _) -> {
            graphs.add(work.graphs());
            return write(work);
        });
        assertThat(engine.path()).isNotEqualTo(plain.path());
        assertThat(engine.manifest().checkpoint().name())
                .isEqualTo(plain.manifest().checkpoint().name() + " + regex-bf16");
        assertThat(Objects.requireNonNull(engine.manifest().adapter()).path())
                .isEqualTo(adapter.toRealPath().toString());
        EngineFolder source = EngineFolder.open(graphs.getFirst());
        assertThat(source.manifest().weightNames()).anyMatch(name -> name.endsWith("merged.safetensors"));
        assertThat(engine.manifest().checkpoint()).isEqualTo(source.manifest().checkpoint());
    }

    /** Asked to end, as by Ctrl-C or a service that stops; the program in TensorRT's place does not listen to that. */
    @Test
    void aBuildThatIsCancelledLeavesNothing() throws Exception {
        Process build = cancellable();
        long host = FakePlanHost.waiting(folder);
        assertThat(names(".partial")).hasSize(1);
        build.destroy();
        assertThat(build.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(names(".partial")).isEmpty();
        assertThat(ProcessHandle.of(host).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(folder.resolve("said")).content().doesNotContain("built");
    }

    @Test
    void aBuildThatIsKilledTakesItsProcessWithIt() throws Exception {
        Process build = cancellable();
        long host = FakePlanHost.waiting(folder);
        build.destroyForcibly().waitFor();
        ProcessHandle.of(host)
                .ifPresent(it -> it.onExit().orTimeout(2, TimeUnit.MINUTES).join());
        assertThat(names(".partial")).as("there was no time").hasSize(1);
        build(Optional.empty(), SILENT, (work, _, _) -> write(work));
        assertThat(names(".partial")).isEmpty();
    }

    private Process cancellable() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        BuildAndWait.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("said").toFile())
                .start();
    }

    static final class BuildAndWait {
        public static void main(String[] arguments) {
            Path cache = Path.of(arguments[0]);
            var worker = new PlanProcess(FakePlanHost.class.getName(), cache.resolve("build.log"));
            var tools = new GpuEngineBuilder.Tools("10.6.0", "13.1", "", worker);
            new GpuEngineBuilder(cache, target(), SILENT, tools).build(CHECKPOINT, Optional.empty());
            System.out.println("built");
        }
    }
}

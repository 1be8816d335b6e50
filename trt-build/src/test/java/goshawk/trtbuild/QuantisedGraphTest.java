package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.tensorrt.OperatorSizes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Graphs for TensorRT, and the engine folders that hold them. */
class QuantisedGraphTest {

    private static final int F32 = 1;
    private static final int U8 = 2;
    private static final int I32 = 6;
    private static final int I64 = 7;
    private static final int BOOL = 9;
    private static final int F16 = 10;
    private static final int BF16 = 16;
    private static final int E4M3 = 17;
    private static final int INT4 = 22;

    private static final String ATTENTION = "CachedAttention";
    private static final String INT4_MATRIX = "Int4Matrix";

    private static final Set<Integer> FLOATS = Set.of(F32, F16, BF16);
    private static final Set<Integer> NUMBERS = Set.of(F32, F16, BF16, I64);
    private static final Set<Integer> ALL = Set.of(F32, F16, BF16, I64, BOOL);

    /**
     * What docs/operators.md of onnx/onnx-tensorrt says at release 10.1, older than the oldest that we build with, 10.3: the
     * types of a node's data. Axes and shapes must be constants.
     */
    private static final Map<String, Set<Integer>> PARSER = Map.ofEntries(
            Map.entry("Add", NUMBERS),
            Map.entry("Cast", ALL),
            Map.entry("Concat", ALL),
            Map.entry("DequantizeLinear", Set.of(E4M3, INT4)),
            Map.entry("Div", NUMBERS),
            Map.entry("Equal", NUMBERS),
            Map.entry("Expand", ALL),
            Map.entry("Gather", ALL),
            Map.entry("Gelu", FLOATS),
            Map.entry("Gemm", FLOATS),
            Map.entry("LayerNormalization", FLOATS),
            Map.entry("MatMul", FLOATS),
            Map.entry("Mul", NUMBERS),
            Map.entry("Pad", NUMBERS),
            Map.entry("QuantizeLinear", FLOATS),
            Map.entry("Range", NUMBERS),
            Map.entry("ReduceMean", NUMBERS),
            Map.entry("ReduceSum", NUMBERS),
            Map.entry("Reshape", ALL),
            Map.entry("Shape", ALL),
            Map.entry("Sigmoid", FLOATS),
            Map.entry("Slice", ALL),
            Map.entry("Softmax", FLOATS),
            Map.entry("Split", ALL),
            Map.entry("Sqrt", FLOATS),
            Map.entry("Squeeze", ALL),
            Map.entry("Sub", NUMBERS),
            Map.entry("Transpose", ALL),
            Map.entry("Unsqueeze", ALL),
            Map.entry("Where", ALL));

    /** By operator, the place of its axes, shape or sizes: constants. */
    private static final Map<String, Integer> CONSTANT = Map.of(
            "Pad",
            1,
            "ReduceMean",
            1,
            "ReduceSum",
            1,
            "Reshape",
            1,
            "Expand",
            1,
            "Slice",
            3,
            "Split",
            1,
            "Squeeze",
            1,
            "Unsqueeze",
            1);

    @TempDir
    Path cache;

    @TempDir
    Path elsewhere;

    static Stream<Arguments> checkpointsAndForms() {
        return Stream.of("tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged")
                .flatMap(name -> Stream.of(
                                PrecisionChoice.Wish.FP8, PrecisionChoice.Wish.BF16, PrecisionChoice.Wish.INT4)
                        .map(wish -> Arguments.of(name, wish)));
    }

    @ParameterizedTest
    @MethodSource("checkpointsAndForms")
    void everyNodeIsOneThatTheOldestParserTakes(String name, PrecisionChoice.Wish wish) {
        EngineFolder built = build(name, target(wish, GpuProfile.SMALL, scales(name)));
        for (byte[] graph : List.of(built.visionGraph(), built.textGraph())) {
            OnnxFile onnx = OnnxFile.read(graph);
            assertThat(onnx.opset()).isEqualTo(21);
            Map<String, Integer> types = new HashMap<>(onnx.inputs());
            onnx.constants().forEach((constant, it) -> types.put(constant, it.type()));
            for (OnnxFile.Node node : onnx.nodes()) {
                if (node.op().equals(INT4_MATRIX)) {
                    assertInt4Matrix(node, onnx, types);
                    node.results().forEach(value -> types.put(value, BF16));
                    continue;
                }
                if (node.op().equals(ATTENTION)) {
                    assertAttention(node, onnx, types);
                    boolean isScaled = node.operands().size() == 10;
                    node.results().forEach(value -> types.put(value, isScaled ? E4M3 : BF16));
                    continue;
                }
                assertThat(node.domain()).as(node.op()).isEmpty();
                assertThat(PARSER).as("operators").containsKey(node.op());
                int data = type(types, node.operands().get(node.op().equals("Where") ? 1 : 0));
                assertThat(PARSER.get(node.op()))
                        .as("%s of %s", node.op(), node.operands())
                        .contains(data);
                sameTypes(node, types, data);
                Integer constant = CONSTANT.get(node.op());
                if (constant != null) {
                    assertThat(onnx.constants())
                            .as(node.op())
                            .containsKey(node.operands().get(constant));
                }
                int result = result(node, types, data);
                node.results().forEach(value -> types.put(value, result));
            }
            onnx.outputs().forEach((output, type) -> assertThat(types).containsEntry(output, type));
            assertThat(onnx.constants().values()).noneMatch(constant -> constant.type() == U8);
        }
    }

    /** The parser does not know these operators: it asks for plugins of their names. */
    private static void assertInt4Matrix(OnnxFile.Node node, OnnxFile onnx, Map<String, Integer> types) {
        assertThat(node.domain()).isEqualTo("goshawk");
        assertThat(node.operands().stream().map(operand -> type(types, operand)))
                .containsExactly(I32, BF16, BF16);
        assertThat(onnx.inputs())
                .containsKeys(node.operands().get(0), node.operands().get(1));
        assertThat(node.operands().get(1))
                .isEqualTo(Checkpoint.channelScale(node.operands().getFirst()));
        assertThat(node.results()).hasSize(1);
        assertThat(node.numbers()).as("attributes").isEmpty();
    }

    private static void assertAttention(OnnxFile.Node node, OnnxFile onnx, Map<String, Integer> types) {
        assertThat(node.domain()).isEqualTo("goshawk");
        assertThat(node.operands().stream().limit(9).map(operand -> type(types, operand)))
                .containsExactly(BF16, BF16, BF16, BF16, F32, F32, I32, I32, I32);
        assertThat(node.operands().subList(4, 8)).containsExactly("cos", "sin", "sees", "places");
        assertThat(onnx.inputs()).containsKeys("cos", "sin", "sees", "places");
        assertThat(constant(onnx, node.operands().get(8)).shape()).containsExactly(1L);
        node.operands().stream().skip(9).forEach(scale -> {
            assertThat(constant(onnx, scale).type()).isEqualTo(BF16);
            assertThat(constant(onnx, scale).shape()).containsExactly(1L);
            OnnxFile.Node exact = consumer(onnx, node.results().getFirst());
            assertThat(exact.op()).isEqualTo("DequantizeLinear");
            assertThat(constant(onnx, exact.operands().get(1)).raw())
                    .as("divided by what it is multiplied with again")
                    .isEqualTo(constant(onnx, scale).raw());
        });
        assertThat(node.results()).hasSize(1);
        assertThat(node.numbers()).as("attributes").isEmpty();
    }

    private static int type(Map<String, Integer> types, String value) {
        return Objects.requireNonNull(types.get(value), value + " is computed before it is used");
    }

    /** Strongly typed: TensorRT converts nothing by itself. */
    private static void sameTypes(OnnxFile.Node node, Map<String, Integer> types, int data) {
        switch (node.op()) {
            case "Add", "Sub", "Mul", "Div", "MatMul", "Gemm", "Concat", "LayerNormalization", "Equal", "Range" ->
                node.operands()
                        .forEach(operand -> assertThat(type(types, operand))
                                .as("%s of %s", operand, node)
                                .isEqualTo(data));
            case "Where" -> {
                assertThat(type(types, node.operands().get(0))).isEqualTo(BOOL);
                assertThat(type(types, node.operands().get(2))).isEqualTo(data);
            }
            case "Pad" ->
                assertThat(type(types, node.operands().get(2)))
                        .as("what is added")
                        .isEqualTo(data);
            case "Slice" ->
                node.operands().stream()
                        .skip(1)
                        .forEach(place ->
                                assertThat(type(types, place)).as(place).isEqualTo(I64));
            case "QuantizeLinear" -> {
                assertThat(type(types, node.operands().get(1))).as("scale").isEqualTo(data);
                assertThat(type(types, node.operands().get(2))).isEqualTo(E4M3);
            }
            case "DequantizeLinear" ->
                assertThat(type(types, node.operands().get(2))).as("zero point").isEqualTo(data);
            default -> {}
        }
    }

    private static int result(OnnxFile.Node node, Map<String, Integer> types, int data) {
        return switch (node.op()) {
            case "Cast" -> Math.toIntExact(Objects.requireNonNull(node.numbers().get("to")));
            case "Shape" -> I64;
            case "Equal" -> BOOL;
            case "QuantizeLinear" -> type(types, node.operands().get(2));
            case "DequantizeLinear" -> type(types, node.operands().get(1));
            default -> data;
        };
    }

    /** What TensorRT's parser asserts of scales, and what makes it multiply FP8: dequantised constant, turned, times dequantised input. */
    @ParameterizedTest
    @MethodSource("checkpointsAndForms")
    void quantisedLayersHaveTheFormThatTensorRtRecognises(String name, PrecisionChoice.Wish wish) {
        EngineFolder built = build(name, target(wish, GpuProfile.SMALL, scales(name)));
        PrecisionPlan plan =
                Objects.requireNonNull(built.manifest().quantised()).plan();
        var found = new HashMap<WeightForm, Integer>();
        OnnxFile text = OnnxFile.read(built.textGraph());
        for (OnnxFile onnx : List.of(OnnxFile.read(built.visionGraph()), text)) {
            var producers = new HashMap<String, OnnxFile.Node>();
            onnx.nodes().forEach(node -> node.results().forEach(result -> producers.put(result, node)));
            boolean isText = onnx.equals(text);
            for (OnnxFile.Node node : onnx.nodes()) {
                if (node.op().equals(INT4_MATRIX)) {
                    OnnxFile.Node product = consumer(onnx, node.results().getFirst());
                    assertThat(product.op()).isEqualTo("Gemm");
                    assertThat(product.operands())
                            .as("made when it is multiplied with the same")
                            .containsExactly(
                                    node.operands().get(2), node.results().getFirst());
                    String first = node.operands().getFirst();
                    boolean isPair = first.endsWith("gate_proj.weight") || first.endsWith("k_proj.weight");
                    found.merge(WeightForm.INT4, isPair ? 2 : 1, Integer::sum);
                    continue;
                }
                String operand =
                        node.op().equals("DequantizeLinear") ? node.operands().getFirst() : "";
                OnnxFile.Constant constant = onnx.constants().get(operand);
                boolean isGiven = onnx.inputs().containsKey(operand);
                if (constant == null && !isGiven) {
                    continue;
                }
                int together = 1;
                int type = constant == null ? type(onnx.inputs(), operand) : constant.type();
                assertThat(isGiven).as("%s of the text", operand).isEqualTo(isText && type == E4M3);
                List<Long> shape = constant == null ? stored(built, operand).shape() : constant.shape();
                OnnxFile.Constant scale = constant(onnx, node.operands().get(1));
                OnnxFile.Constant zero = constant(onnx, node.operands().get(2));
                assertThat(scale.shape()).isEqualTo(zero.shape());
                assertThat(zero.raw()).containsOnly(0);
                assertThat(bfloats(built, scale)).allMatch(value -> value > 0);
                OnnxFile.Node turned = consumer(onnx, node.results().getFirst());
                OnnxFile.Node product = consumer(onnx, turned.results().getFirst());
                assertThat(turned.op()).isEqualTo("Transpose");
                assertThat(product.op()).isEqualTo("MatMul");
                assertThat(product.operands().get(1)).isEqualTo(turned.results().getFirst());
                OnnxFile.Node input =
                        Objects.requireNonNull(producers.get(product.operands().getFirst()));
                if (type == E4M3) {
                    assertThat(node.numbers()).containsEntry("axis", 0L);
                    together = isGiven && scale.shape().getFirst() == 2 * shape.getFirst() ? 2 : 1;
                    assertThat(scale.shape()).containsExactly(together * shape.getFirst());
                    assertThat(input.op()).isEqualTo("DequantizeLinear");
                    OnnxFile.Node rounding = Objects.requireNonNull(
                            producers.get(input.operands().getFirst()));
                    boolean isAttention = rounding.op().equals(ATTENTION);
                    assertThat(isAttention || rounding.op().equals("QuantizeLinear"))
                            .as(rounding.op())
                            .isTrue();
                    if (!isAttention) {
                        assertThat(rounding.operands().get(1))
                                .isEqualTo(input.operands().get(1));
                    }
                    assertThat(constant(onnx, input.operands().get(1)).shape())
                            .as("one scale")
                            .isEmpty();
                } else {
                    assertThat(node.numbers()).containsEntry("axis", 1L).containsEntry("block_size", 128L);
                    assertThat(scale.shape()).containsExactly(shape.get(0), shape.get(1) / 128);
                    assertThat(input.op()).isNotEqualTo("DequantizeLinear");
                }
                found.merge(type == E4M3 ? WeightForm.FP8 : WeightForm.INT4, together, Integer::sum);
            }
        }
        for (WeightForm form : List.of(WeightForm.FP8, WeightForm.INT4)) {
            assertThat(found.getOrDefault(form, 0))
                    .as("%s in the graphs and in the manifest", form)
                    .isEqualTo((int) plan.linears().values().stream()
                            .filter(it -> it.form() == form)
                            .count());
        }
        assertThat(found.isEmpty()).isEqualTo(wish == PrecisionChoice.Wish.BF16);
    }

    /** On Hopper gate, up and what makes one of them are an operator, which takes and gives E4M3. */
    @Test
    void theFirstHalfOfAnMlpIsOneOperatorWhereThereIsOne() throws IOException {
        GpuTarget target = target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, scales("tiny-fp8"));
        var sizes = OperatorSizes.of(ModelConfig.read(Goldens.folder("tiny-fp8").resolve("config.json"))
                .text());
        TargetProfile profile = TargetProfile.tensorRt(target.gpu(), sizes);
        assertThat(profile.hasGatedMlp()).isTrue();
        EngineFolder built = EngineBuilder.build(
                Goldens.folder("tiny-fp8"), Optional.empty(), cache, profile, target, (_, _, _) -> {});
        OnnxFile text = OnnxFile.read(built.textGraph());
        assertThat(text.nodes()).noneMatch(node -> Set.of("Sigmoid", "Split").contains(node.op()));
        List<OnnxFile.Node> gated = text.nodes().stream()
                .filter(node -> node.op().equals("GatedMlp"))
                .toList();
        assertThat(gated).hasSize(2);
        var producers = new HashMap<String, OnnxFile.Node>();
        text.nodes().forEach(node -> node.results().forEach(result -> producers.put(result, node)));
        for (int layer = 0; layer < gated.size(); layer++) {
            OnnxFile.Node node = gated.get(layer);
            String mlp = "model.language_model.layers.%d.mlp.".formatted(layer);
            assertThat(node.name()).isEqualTo(mlp + "gate_proj" + PlanInspection.AND + mlp + "up_proj");
            OnnxFile.Node rounding =
                    Objects.requireNonNull(producers.get(node.operands().getFirst()));
            assertThat(rounding.op()).isEqualTo("QuantizeLinear");
            assertThat(node.operands().get(1)).isEqualTo(mlp + "gate_proj.weight");
            assertThat(constant(text, node.operands().get(2)).shape()).containsExactly(2L, 256L);
            assertThat(constant(text, node.operands().get(3)).raw())
                    .as("the scale that x was divided by")
                    .isEqualTo(constant(text, rounding.operands().get(1)).raw());
            OnnxFile.Node exact = consumer(text, node.results().getFirst());
            assertThat(exact.op()).isEqualTo("DequantizeLinear");
            assertThat(constant(text, node.operands().get(4)).raw())
                    .as("divided by what it is multiplied with again")
                    .isEqualTo(constant(text, exact.operands().get(1)).raw());
            OnnxFile.Node down = consumer(text, exact.results().getFirst());
            assertThat(down.name()).isEqualTo(mlp + "down_proj");
        }
    }

    /** What whoever runs the graphs must know by heart. */
    @Test
    void inputsAndOutputsAreThoseThatADeviceIsGiven() {
        EngineFolder built =
                build("tiny-bf16", target(PrecisionChoice.Wish.BF16, GpuProfile.USUAL, scales("tiny-bf16")));
        OnnxFile text = OnnxFile.read(built.textGraph());
        var inputs = new HashMap<>(text.inputs());
        inputs.keySet().removeIf(input -> input.endsWith(".weight"));
        assertThat(inputs)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "words",
                        BF16,
                        "deep_features",
                        BF16,
                        "cos",
                        F32,
                        "sin",
                        F32,
                        "sees",
                        I32,
                        "places",
                        I32,
                        "logits_index",
                        I64));
        assertThat(text.outputs()).containsExactlyInAnyOrderEntriesOf(Map.of("logits", F32));
        OnnxFile vision = OnnxFile.read(built.visionGraph());
        assertThat(vision.inputs())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "pixel_values", F32, "position_index", I64, "position_weight", BF16, "cos", BF16, "sin", BF16));
        assertThat(vision.outputs()).containsExactlyInAnyOrderEntriesOf(Map.of("vision_features", BF16));
    }

    /** Whoever runs the text gives it what the file has under the input's name. */
    private static Tensor stored(EngineFolder folder, String name) {
        try (Safetensors opened = Safetensors.open(weights(folder))) {
            return Objects.requireNonNull(opened.tensors().get(name), name);
        }
    }

    private static Path weights(EngineFolder folder) {
        return folder.manifest().weightNames().stream()
                .filter(it -> it.endsWith(EngineFolder.WEIGHTS))
                .map(folder.weightsFolder()::resolve)
                .findFirst()
                .orElseThrow();
    }

    /** In the type that the plan says, whatever the checkpoint has it in. */
    @ParameterizedTest
    @MethodSource("checkpointsAndForms")
    void theTextsMatricesAreInputsAndInTheFile(String name, PrecisionChoice.Wish wish) {
        EngineFolder built = build(name, target(wish, GpuProfile.ROOMY, scales(name)));
        PrecisionPlan plan =
                Objects.requireNonNull(built.manifest().quantised()).plan();
        OnnxFile text = OnnxFile.read(built.textGraph());
        var given = new HashMap<String, Integer>();
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder(name));
                Safetensors file = Safetensors.open(weights(built))) {
            boolean isTied = checkpoint.config().tiedHead();
            checkpoint.linearsWithHead().forEach((linear, weight) -> {
                boolean isVision = linear.startsWith(ModelTensors.VISION);
                boolean isTable = isTied && linear.equals("lm_head");
                String tensor = isTable ? Checkpoint.OWN_HEAD : weight.name();
                WeightForm form = plan.form(linear);
                List<Long> shape = weight.shape();
                if (!isVision
                        || form != WeightForm.BF16
                        || checkpoint.scaleOf(weight).isPresent()) {
                    var entry = form.weight(tensor, shape.getFirst(), shape.getLast());
                    Tensor found = Objects.requireNonNull(file.tensors().get(tensor), tensor);
                    assertThat(found.type()).as(tensor).isEqualTo(entry.type());
                    assertThat(found.shape()).as(tensor).isEqualTo(entry.shape());
                } else {
                    assertThat(file.tensors()).doesNotContainKey(tensor);
                }
                boolean isBehindAnother = tensor.endsWith("up_proj.weight") || tensor.endsWith("v_proj.weight");
                // Small matrices in four bits are constants: their scales would end where no input can begin.
                boolean isGiven =
                        form != WeightForm.INT4 || 2 * count(form.scales(shape.getFirst(), shape.getLast())) % 256 == 0;
                if (!isVision && !isBehindAnother && isGiven) {
                    given.put(tensor, form == WeightForm.FP8 ? E4M3 : form == WeightForm.INT4 ? I32 : BF16);
                }
            });
        }
        var matrices = new HashMap<>(text.inputs());
        matrices.keySet().removeIf(input -> !input.endsWith(".weight"));
        assertThat(matrices).isEqualTo(given);
        assertThat(text.constants().keySet()).noneMatch(given::containsKey);
        assertThat(OnnxFile.read(built.visionGraph()).inputs().keySet()).noneMatch(input -> input.endsWith(".weight"));
    }

    private static long count(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    private static OnnxFile.Constant constant(OnnxFile onnx, String name) {
        return Objects.requireNonNull(onnx.constants().get(name), name);
    }

    private static OnnxFile.Node consumer(OnnxFile onnx, String value) {
        List<OnnxFile.Node> found = onnx.nodes().stream()
                .filter(node -> node.operands().contains(value))
                .toList();
        assertThat(found).as("who reads %s", value).hasSize(1);
        return found.getFirst();
    }

    private static List<Float> bfloats(EngineFolder folder, OnnxFile.Constant constant) {
        var values = new ArrayList<Float>();
        if (constant.external().isEmpty()) {
            MemorySegment raw = MemorySegment.ofArray(constant.raw());
            for (int i = 0; i < raw.byteSize() / 2; i++) {
                values.add(Rounding.read(raw, ElementType.BF16, i));
            }
            return values;
        }
        try (Safetensors file = Safetensors.open(
                folder.weightsFolder().resolve(constant.external().get("location")))) {
            long offset = Long.parseLong(constant.external().get("offset"));
            Tensor tensor = file.tensors().values().stream()
                    .filter(it -> it.offset() == offset && it.bytes() > 0)
                    .findFirst()
                    .orElseThrow();
            assertThat(tensor.type()).isEqualTo(ElementType.BF16);
            for (long i = 0; i < tensor.elements(); i++) {
                values.add(Rounding.read(file.bytes(tensor), tensor.type(), i));
            }
        }
        return values;
    }

    /** Whoever runs the text has them one behind the other, and gives the first one's address. */
    @Test
    void gateAndUpAreOneProductWithTheScalesOfBoth() throws IOException {
        EngineFolder built = build("tiny-fp8", target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, scales("tiny-fp8")));
        OnnxFile text = OnnxFile.read(built.textGraph());
        String mlp = "model.language_model.layers.1.mlp.";
        assertThat(text.inputs()).containsKey(mlp + "gate_proj.weight").doesNotContainKey(mlp + "up_proj.weight");
        OnnxFile.Node exact = consumer(text, mlp + "gate_proj.weight");
        OnnxFile.Node product = consumer(
                text, consumer(text, exact.results().getFirst()).results().getFirst());
        assertThat(product.name()).isEqualTo(mlp + "gate_proj + " + mlp + "up_proj");
        OnnxFile.Node split = consumer(text, product.results().getFirst());
        assertThat(split.op()).isEqualTo("Split");
        assertThat(split.results()).hasSize(2);
        var raw = new ByteArrayOutputStream();
        try (Safetensors opened = Safetensors.open(weights(built))) {
            for (String side : List.of("gate", "up")) {
                Tensor scale = Objects.requireNonNull(opened.tensors().get(mlp + side + "_proj.weight_scale"));
                raw.write(opened.bytes(scale).toArray(ValueLayout.JAVA_BYTE));
            }
        }
        assertThat(constant(text, exact.operands().get(1)).raw()).isEqualTo(raw.toByteArray());
    }

    @Test
    void gateAndUpAreOneProductInBf16Too() {
        EngineFolder built = build("tiny-f32", target(PrecisionChoice.Wish.BF16, GpuProfile.USUAL, Optional.empty()));
        OnnxFile text = OnnxFile.read(built.textGraph());
        String mlp = "model.language_model.layers.0.mlp.";
        assertThat(text.inputs()).containsKey(mlp + "gate_proj.weight").doesNotContainKey(mlp + "up_proj.weight");
        OnnxFile.Node product = consumer(text, mlp + "gate_proj.weight");
        assertThat(product.op()).isEqualTo("Gemm");
        assertThat(product.numbers()).containsEntry("transB", 1L);
        OnnxFile.Node split = consumer(text, product.results().getFirst());
        assertThat(split.op()).isEqualTo("Split");
        assertThat(split.results()).hasSize(2);
    }

    /** Of an 8B they are 14 GiB. */
    @Test
    void matricesInBf16AreWrittenOnceForAllProfilesAndScales() throws IOException {
        var profiles = new ArrayList<GpuProfile>();
        for (GpuTarget target : List.of(
                target(PrecisionChoice.Wish.BF16, GpuProfile.USUAL, Optional.empty()),
                target(PrecisionChoice.Wish.BF16, GpuProfile.SMALL, scales("tiny-f32")))) {
            Manifest manifest = build("tiny-f32", target).manifest();
            profiles.add(Objects.requireNonNull(manifest.quantised()).plan().profile());
        }
        assertThat(profiles).containsExactly(GpuProfile.USUAL, GpuProfile.SMALL);
        try (Stream<Path> folders = Files.list(cache)) {
            assertThat(folders.filter(it -> it.getFileName().toString().startsWith("quantised-")))
                    .hasSize(1);
        }
    }

    /** A layer above its bound: up, so that it and gate are two products. */
    @Test
    void aLayerThatStaysBf16AmongOthersIsGivenToo() throws IOException {
        String mlp = "model.language_model.layers.0.mlp.";
        Path changed = Files.createDirectories(elsewhere.resolve("changed"));
        try (Stream<Path> files = Files.list(Goldens.folder("tiny-bf16"))) {
            for (Path file : files.toList()) {
                Files.copy(file, changed.resolve(file.getFileName()));
            }
        }
        try (Checkpoint checkpoint = Checkpoint.open(changed)) {
            makeCostlyInE4m3(checkpoint.text("layers.0.mlp.up_proj.weight"));
        }
        ActivationScales golden = scales("tiny-bf16").orElseThrow();
        var scales = new ActivationScales(
                golden.format(),
                sha256(changed, elsewhere),
                golden.recipe(),
                golden.pictures(),
                golden.share(),
                golden.linears(),
                golden.means());
        EngineFolder built = build(changed, target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, Optional.of(scales)));
        assertThat(Objects.requireNonNull(built.manifest().quantised()).plan().kept())
                .containsExactly(mlp + "up_proj");
        OnnxFile text = OnnxFile.read(built.textGraph());
        assertThat(text.inputs())
                .containsEntry(mlp + "gate_proj.weight", E4M3)
                .containsEntry(mlp + "up_proj.weight", BF16)
                .containsEntry("model.language_model.layers.1.mlp.gate_proj.weight", E4M3)
                .doesNotContainKey("model.language_model.layers.1.mlp.up_proj.weight");
        assertThat(stored(built, mlp + "up_proj.weight").type()).isEqualTo(ElementType.BF16);
        assertThat(built.decodeSizes())
                .as("kernels of few tokens read layers of one form")
                .isEmpty();
    }

    /** Nearly all numbers lie in the middle between two of E4M3. */
    private static void makeCostlyInE4m3(Tensor weight) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(weight.bytes())];
        MemorySegment numbers = MemorySegment.ofArray(bytes);
        for (int i = 0; i < weight.elements(); i++) {
            float number = i % weight.shape().getLast() == 0 ? 448 : 272;
            Rounding.write(numbers, weight.type(), i, number / 4096);
        }
        try (FileChannel file = FileChannel.open(weight.file(), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(bytes), weight.offset());
        }
    }

    @Test
    void queriesKeysAndValuesShareOneRounding() {
        EngineFolder built = build("tiny-fp8", target(PrecisionChoice.Wish.FP8, GpuProfile.ROOMY, scales("tiny-fp8")));
        OnnxFile text = OnnxFile.read(built.textGraph());
        long roundings = text.nodes().stream()
                .filter(node -> node.op().equals("QuantizeLinear"))
                .count();
        assertThat(roundings)
                .as(
                        "four a layer, for seven matrices; attention rounds by itself, of the last layer before rows are chosen")
                .isEqualTo(4 * 2 - 1);
        assertThat(text.nodes().stream()
                        .filter(node -> node.op().equals(ATTENTION))
                        .map(node -> node.operands().size()))
                .containsExactly(10, 9);
        assertThat(text.inputs())
                .as("the table is with the host; a tied head is given")
                .containsKey("words")
                .containsEntry(Checkpoint.OWN_HEAD, BF16)
                .doesNotContainKey("input_ids");
        assertThat(text.constants().keySet()).noneMatch(constant -> constant.contains("embed_tokens"));
    }

    @Test
    void theManifestSaysWhatWasChosenAndWhatItTakes() {
        EngineFolder built = build("tiny-fp8", target(PrecisionChoice.Wish.AUTO, GpuProfile.USUAL, scales("tiny-fp8")));
        Manifest.Quantised said = Objects.requireNonNull(built.manifest().quantised());
        assertThat(said.plan().choice().why()).contains("FP8, because Test GPU (SM 9.0)");
        assertThat(said.memory().total()).isPositive();
        assertThat(Objects.requireNonNull(said.calibration()).recipe().id()).isEqualTo("golden");
        assertThat(built.manifest().target().profile()).isEqualTo("tensorrt");
        assertThat(built.manifest().checkpoint().sha256())
                .as("of the checkpoint, not of what came of it")
                .isEqualTo(sha256("tiny-fp8", elsewhere));
        assertThat(built.manifest().weightNames()).anyMatch(file -> file.endsWith("quantised.safetensors"));
    }

    /** Plans are built from it first. */
    @Test
    void itCannotBeRunAsItIs() {
        EngineFolder graphs =
                build("tiny-bf16", target(PrecisionChoice.Wish.BF16, GpuProfile.USUAL, scales("tiny-bf16")));
        EngineFolder cpu = EngineBuilder.build(Goldens.folder("tiny-bf16"), cache, (_, _, _) -> {});
        var known = new EngineCache(cache);
        assertThat(known.entry(graphs.path()).isRunnable()).isFalse();
        assertThat(known.entry(cpu.path()).isRunnable()).isTrue();
    }

    @Test
    void whatIsQuantisedOnceIsFoundAgain() throws IOException {
        GpuTarget target = target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, scales("tiny-bf16"));
        EngineFolder first = build("tiny-bf16", target);
        var steps = new HashSet<String>();
        EngineFolder second = EngineBuilder.build(
                Goldens.folder("tiny-bf16"),
                Optional.empty(),
                cache,
                TargetProfile.TENSORRT,
                target,
                (step, _, _) -> steps.add(step));
        assertThat(second.hash()).isEqualTo(first.hash());
        assertThat(steps).as("nothing measured, quantised, read or written").isEmpty();
        Path file = weights(first);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        assertThat(build("tiny-bf16", target).hash()).as("damage is repaired").isEqualTo(first.hash());
        assertThat(EngineFolder.open(first.path()).hash()).isEqualTo(first.hash());
    }

    /** What is free changes from minute to minute, and an engine must be found again. */
    @Test
    void whoeverElseUsesTheGpuMakesNoOtherEngine() {
        Optional<ActivationScales> scales = scales("tiny-bf16");
        String first = build("tiny-bf16", target(PrecisionChoice.Wish.AUTO, GpuProfile.USUAL, scales))
                .hash();
        var busy = new GpuTarget(
                new Gpu("Test GPU", 9, 0, 80L << 30, 20L << 30, false),
                PrecisionChoice.Wish.AUTO,
                GpuProfile.USUAL,
                scales);
        assertThat(build("tiny-bf16", busy).hash()).isEqualTo(first);
        EngineFolder asked = build("tiny-bf16", target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, scales));
        assertThat(asked.hash()).isNotEqualTo(first);
        assertThat(Objects.requireNonNull(asked.manifest().quantised())
                        .plan()
                        .choice()
                        .why())
                .isEqualTo("FP8, because it was asked for.");
        var full = new GpuTarget(
                new Gpu("Test GPU", 9, 0, 80L << 30, 1 << 20, false),
                PrecisionChoice.Wish.AUTO,
                GpuProfile.USUAL,
                scales);
        assertThatThrownBy(() -> build("tiny-bf16", full)).hasMessageContaining("1 MiB of 80.0 GiB are free");
    }

    @Test
    void anInterruptionLeavesNothingThatLooksFinished() throws IOException {
        GpuTarget target = target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, scales("tiny-bf16"));
        assertThatThrownBy(() -> EngineBuilder.build(
                        Goldens.folder("tiny-bf16"),
                        Optional.empty(),
                        cache,
                        TargetProfile.TENSORRT,
                        target,
                        (step, done, _) -> {
                            if (step.equals("quantising") && done == 5) {
                                throw new IllegalStateException("stopped");
                            }
                        }))
                .hasMessage("stopped");
        try (Stream<Path> left = Files.list(cache)) {
            assertThat(left.filter(Files::isDirectory)).isEmpty();
        }
        assertThat(build("tiny-bf16", target).manifest().quantised()).isNotNull();
    }

    @Test
    void nothingIsWrittenForWhatCannotBe() {
        assertThatThrownBy(
                        () -> build("tiny-f32", target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, Optional.empty())))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("FP8 needs scales of the activations: make them with ./goshawk engine calibrate");
        var small = new GpuTarget(
                new Gpu("Tiny GPU", 9, 0, 1 << 28, 1 << 28, false),
                PrecisionChoice.Wish.AUTO,
                GpuProfile.USUAL,
                scales("tiny-f32"));
        assertThatThrownBy(() -> build("tiny-f32", small))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("on Tiny GPU (SM 9.0) in FP8")
                .hasMessageContaining("256 MiB of 256 MiB are free");
        assertThat(cache).isEmptyDirectory();
        assertThatThrownBy(() ->
                        build("tiny-f32", target(PrecisionChoice.Wish.FP8, GpuProfile.USUAL, scales("tiny-bf16"))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the scales are of checkpoint");
        assertThat(cache).isDirectoryNotContaining(Files::isDirectory);
    }

    private EngineFolder build(String name, GpuTarget target) {
        return build(Goldens.folder(name), target);
    }

    private EngineFolder build(Path checkpoint, GpuTarget target) {
        return EngineBuilder.build(
                checkpoint, Optional.empty(), cache, TargetProfile.TENSORRT, target, (_, _, _) -> {});
    }

    static GpuTarget target(PrecisionChoice.Wish wish, GpuProfile profile, Optional<ActivationScales> scales) {
        return new GpuTarget(new Gpu("Test GPU", 9, 0, 80L << 30, 80L << 30, false), wish, profile, scales);
    }

    /** As hooks in transformers saw them; see {@code make_quantised_goldens.py}. */
    private Optional<ActivationScales> scales(String name) {
        return scales(name, elsewhere);
    }

    /** @param elsewhere cache of another engine of the same checkpoint */
    static Optional<ActivationScales> scales(String name, Path elsewhere) {
        var linears = new TreeMap<String, ActivationScales.Range>();
        try (Safetensors answers = Safetensors.open(Goldens.folder("quantised").resolve(name + ".safetensors"))) {
            answers.tensors().forEach((key, tensor) -> {
                if (key.startsWith(TargetProfile.OBSERVED)) {
                    float largest = Rounding.read(answers.bytes(tensor), tensor.type(), 0);
                    linears.put(
                            key.substring(TargetProfile.OBSERVED.length()),
                            new ActivationScales.Range(1, largest, largest));
                }
            });
        }
        return Optional.of(new ActivationScales(
                ActivationScales.FORMAT,
                sha256(name, elsewhere),
                new ActivationScales.Recipe("golden", "1", "0"),
                1,
                0.999,
                linears,
                new TreeMap<>()));
    }

    private static String sha256(String name, Path elsewhere) {
        return sha256(Goldens.folder(name), elsewhere);
    }

    private static String sha256(Path checkpoint, Path elsewhere) {
        return EngineBuilder.build(checkpoint, elsewhere, TargetProfile.CALIBRATION, (_, _, _) -> {})
                .manifest()
                .checkpoint()
                .sha256();
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The text graph that TensorRT is given beside the same with attention written out, whose numbers are checked elsewhere: they
 * differ in attention alone.
 */
class CachedAttentionGraphTest {

    /** As for TensorRT, but with attention that any runtime knows. */
    private static final TargetProfile WRITTEN_OUT = new TargetProfile(
            "written-out",
            21,
            ElementType.BF16,
            TargetProfile.Operators.PRIMITIVE,
            Long.MAX_VALUE,
            false,
            true,
            true,
            false);

    @TempDir
    Path cache;

    @TempDir
    Path elsewhere;

    @ParameterizedTest
    @MethodSource("goshawk.trtbuild.QuantisedGraphTest#checkpointsAndForms")
    void allButAttentionIsAsWhereItIsWrittenOut(String name, PrecisionChoice.Wish wish) {
        var terms = new HashMap<List<Object>, Integer>();
        Text cached = text(name, wish, TargetProfile.TENSORRT, terms);
        Text writtenOut = text(name, wish, WRITTEN_OUT, terms);
        assertThat(cached.term("logits")).as("of what was attended to").isEqualTo(writtenOut.term("logits"));
        for (int layer = 0; layer < cached.layers; layer++) {
            for (String side : cached.sides(layer)) {
                assertThat(cached.term(cached.projected(layer, side)))
                        .as("%s of layer %d", side, layer)
                        .isEqualTo(writtenOut.term(writtenOut.projected(layer, side)));
            }
        }
    }

    /** Beside what a layer projects, attention has these inputs and no others. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16"})
    void attentionReadsItsOwnLayersNormsAndNumber(String name) {
        var terms = new HashMap<List<Object>, Integer>();
        Text cached = text(name, PrecisionChoice.Wish.BF16, TargetProfile.TENSORRT, terms);
        Text writtenOut = text(name, PrecisionChoice.Wish.BF16, WRITTEN_OUT, terms);
        for (int layer = 0; layer < cached.layers; layer++) {
            OnnxFile.Node node = Objects.requireNonNull(cached.producers.get(cached.attended(layer)));
            assertThat(node.op()).isEqualTo("CachedAttention");
            assertThat(node.operands().subList(0, 2))
                    .as("keys and values are one product")
                    .containsExactly(cached.projected(layer, "q"), cached.projected(layer, "k"));
            String norms = "model.language_model.layers.%d.self_attn.".formatted(layer);
            assertThat(cached.named(node.operands().subList(2, 3))).containsExactly(norms + "q_norm.weight");
            assertThat(cached.named(node.operands().subList(3, 4))).containsExactly(norms + "k_norm.weight");
            assertThat(node.operands().subList(4, 8)).containsExactly("cos", "sin", "sees", "places");
            OnnxFile.Constant number = Objects.requireNonNull(
                    cached.onnx.constants().get(node.operands().getLast()));
            assertThat(number.raw()).containsExactly(layer, 0, 0, 0);
            Set<String> others = writtenOut.named(List.of(writtenOut.attended(layer)));
            assertThat(others)
                    .containsExactlyInAnyOrder(
                            norms + "q_norm.weight",
                            norms + "k_norm.weight",
                            "cos",
                            "sin",
                            "attention_mask",
                            "past_key." + layer,
                            "past_value." + layer);
        }
    }

    /** Where keys and values are two products, attention has one behind the other. */
    @Test
    void whatIsProjectedApartIsJoined() {
        var constant = new TargetProfile(
                "constant",
                21,
                ElementType.BF16,
                TargetProfile.Operators.CACHED,
                Long.MAX_VALUE,
                false,
                true,
                false,
                false);
        Text cached = text("tiny-bf16", PrecisionChoice.Wish.BF16, constant, new HashMap<>());
        for (int layer = 0; layer < cached.layers; layer++) {
            assertThat(cached.sides(layer)).containsExactly("q", "k", "v");
            OnnxFile.Node node = Objects.requireNonNull(cached.producers.get(cached.attended(layer)));
            OnnxFile.Node joined = cached.producer(node.operands().get(1));
            assertThat(joined.op()).isEqualTo("Concat");
            assertThat(joined.numbers()).containsEntry("axis", -1L);
            assertThat(joined.operands()).containsExactly(cached.projected(layer, "k"), cached.projected(layer, "v"));
        }
    }

    /** A text graph, and what its attention begins and ends with. */
    private static final class Text {

        private final OnnxFile onnx;
        private final int layers;
        private final Map<List<Object>, Integer> terms;
        private final Map<String, OnnxFile.Node> producers = new HashMap<>();
        private final Map<String, Integer> known = new HashMap<>();

        /** @param terms shared by graphs that are compared: what is computed alike has the same number */
        Text(OnnxFile onnx, int layers, Map<List<Object>, Integer> terms) {
            this.onnx = onnx;
            this.layers = layers;
            this.terms = terms;
            onnx.nodes().forEach(node -> node.results().forEach(result -> producers.put(result, node)));
            for (int layer = 0; layer < layers; layer++) {
                int attended = number(List.of("attended", layer));
                Optional<OnnxFile.Node> exact = roundedByAttention(layer);
                if (exact.isEmpty()) {
                    known.put(attended(layer), attended);
                } else {
                    List<String> operands = exact.get().operands();
                    List<Integer> stored = List.of(attended, term(operands.get(1)), term(operands.get(2)));
                    known.put(operands.getFirst(), number(List.of("QuantizeLinear", "", Map.of(), 0, stored)));
                }
            }
        }

        private int number(List<Object> term) {
            return terms.computeIfAbsent(term, _ -> terms.size());
        }

        /** The number of what a value is computed as, of what attention gave. */
        int term(String value) {
            Integer found = known.get(value);
            if (found != null) {
                return found;
            }
            OnnxFile.Node node = producers.get(value);
            int made = node == null
                    ? leaf(value)
                    : number(List.of(
                            node.op(),
                            node.domain(),
                            node.numbers(),
                            node.results().indexOf(value),
                            node.operands().stream().map(this::term).toList()));
            known.put(value, made);
            return made;
        }

        private int leaf(String value) {
            OnnxFile.Constant constant = onnx.constants().get(value);
            return constant == null
                    ? number(List.of("input", value))
                    : number(List.of(
                            constant.type(), constant.shape(), ByteBuffer.wrap(constant.raw()), constant.external()));
        }

        /** Products that attention reads: values may be keys'. */
        List<String> sides(int layer) {
            return Stream.of("q", "k", "v")
                    .filter(side -> weights(layer, side).findAny().isPresent())
                    .toList();
        }

        /** @param side of {@link #sides} */
        String projected(int layer, String side) {
            return product(weight(layer, side)).results().getFirst();
        }

        /** What goes to the output's matrix, of the last layer before rows are chosen, and before it is rounded. */
        String attended(int layer) {
            String value = product(weight(layer, "o")).operands().getFirst();
            OnnxFile.Node node = producer(value);
            if (node.op().equals("DequantizeLinear")) {
                String stored = node.operands().getFirst();
                boolean isRoundedByAttention = producer(stored).op().equals("CachedAttention");
                value = isRoundedByAttention
                        ? value
                        : producer(stored).operands().getFirst();
            }
            return layer == layers - 1 ? producer(value).operands().get(1) : value;
        }

        /** What makes numbers again of attention's output in E4M3; empty where another node rounds, or none does. */
        private Optional<OnnxFile.Node> roundedByAttention(int layer) {
            OnnxFile.Node node = producer(product(weight(layer, "o")).operands().getFirst());
            return Optional.of(node)
                    .filter(it -> it.op().equals("DequantizeLinear"))
                    .filter(it -> producer(it.operands().getFirst()).op().equals("CachedAttention"));
        }

        private OnnxFile.Node producer(String value) {
            return Objects.requireNonNull(producers.get(value), value);
        }

        private String weight(int layer, String side) {
            return weights(layer, side).findFirst().orElseThrow();
        }

        private Stream<String> weights(int layer, String side) {
            String name = "layers.%d.self_attn.%s_proj.weight".formatted(layer, side);
            return Stream.concat(onnx.constants().keySet().stream(), onnx.inputs().keySet().stream())
                    .filter(it -> it.replaceFirst("@.*", "").endsWith(name));
        }

        /** The product with a matrix, however that comes to it. */
        private OnnxFile.Node product(String matrix) {
            OnnxFile.Node reader = onnx.nodes().stream()
                    .filter(node -> node.operands().contains(matrix))
                    .findFirst()
                    .orElseThrow();
            boolean isProduct = Set.of("Gemm", "MatMul").contains(reader.op());
            return isProduct ? reader : product(reader.results().getFirst());
        }

        /** Inputs and weights that values are made of, from what was projected on. */
        Set<String> named(List<String> values) {
            var ends = new ArrayList<String>();
            for (int layer = 0; layer < layers; layer++) {
                for (String side : sides(layer)) {
                    ends.add(projected(layer, side));
                }
            }
            var names = new TreeSet<String>();
            for (String value : values) {
                OnnxFile.Node node = producers.get(value);
                if (ends.contains(value)) {
                    continue;
                }
                if (node != null) {
                    names.addAll(named(node.operands()));
                } else if (!value.startsWith("constant_")) {
                    names.add(value);
                }
            }
            return names;
        }
    }

    private Text text(String name, PrecisionChoice.Wish wish, TargetProfile profile, Map<List<Object>, Integer> terms) {
        EngineFolder built = EngineBuilder.build(
                Goldens.folder(name),
                Optional.empty(),
                cache,
                profile,
                QuantisedGraphTest.target(wish, GpuProfile.SMALL, QuantisedGraphTest.scales(name, elsewhere)),
                (_, _, _) -> {});
        return new Text(OnnxFile.read(built.textGraph()), built.config().text().layers(), terms);
    }

    /** It is said before anything is quantised or written. */
    @Test
    void headsThatOurAttentionCannotComputeAreRefused() throws IOException {
        ObjectNode shape = (ObjectNode) new ObjectMapper()
                .readTree(Files.readString(Goldens.folder("tiny-f32").resolve("config.json")));
        ObjectNode text = shape.withObject("/text_config");
        text.put("head_dim", 24);
        text.withObject("/rope_parameters")
                .putArray("mrope_section")
                .add(4)
                .add(4)
                .add(4);
        SyntheticCheckpoint.like(shape, Optional.empty(), Optional.empty(), SyntheticCheckpoint.Precision.BF16, 7)
                .write(elsewhere, (_, _, _) -> {});
        GpuTarget target = QuantisedGraphTest.target(PrecisionChoice.Wish.INT4, GpuProfile.SMALL, Optional.empty());
        assertThatThrownBy(() -> EngineBuilder.build(
                        elsewhere, Optional.empty(), cache, TargetProfile.TENSORRT, target, (_, _, _) -> {}))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("a multiple of 16 and at most 256, and head_dim is 24");
        assertThat(cache).isEmptyDirectory();
        assertThat(EngineBuilder.build(elsewhere, cache, (_, _, _) -> {}).hash())
                .as("on a CPU they are computed")
                .isNotEmpty();
    }
}

package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the text's tensors lie in one piece of memory. What {@link DecodeKernels} read as one matrix lies one behind the other: queries,
 * keys and values; gate and up.
 */
final class TextTensors {

    private static final Pattern MATRIX =
            Pattern.compile("(?<layers>.*\\blayers\\.)(?<layer>\\d+)\\.(?:self_attn|mlp)\\.\\w+_proj\\.weight");
    private static final Pattern HEAD = Pattern.compile("(?:.*\\.)?lm_head\\.weight");

    /** Of a layer. */
    private static final List<List<String>> NEIGHBOURS = List.of(
            List.of("self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"),
            List.of("self_attn.o_proj.weight"),
            List.of("mlp.gate_proj.weight", "mlp.up_proj.weight"),
            List.of("mlp.down_proj.weight"));

    private static final List<String> NORMS = List.of(
            "input_layernorm.weight",
            "self_attn.q_norm.weight",
            "self_attn.k_norm.weight",
            "post_attention_layernorm.weight");

    private final Map<String, Tensor> all = new HashMap<>();
    private final SequencedMap<Tensor, Long> offsets = new LinkedHashMap<>();
    private final String layers;
    private final String head;
    private long bytes;

    private TextTensors(Collection<Tensor> tensors, boolean isWhole) {
        tensors.forEach(tensor -> all.put(tensor.name(), tensor));
        String prefix = "";
        String last = "";
        int count = 0;
        for (Tensor tensor : tensors) {
            Matcher matrix = MATRIX.matcher(tensor.name());
            if (isGiven(tensor) && matrix.matches()) {
                prefix = matrix.group("layers");
                count = Math.max(count, Integer.parseInt(matrix.group("layer")) + 1);
            } else if (isGiven(tensor) && HEAD.matcher(tensor.name()).matches()) {
                last = tensor.name();
            }
        }
        this.layers = prefix;
        this.head = last;
        for (int i = 0; i < count; i++) {
            place(layer(i), isWhole);
        }
        placeMatrices(Stream.of(head), isWhole);
        if (isWhole) {
            place(norm());
        }
    }

    /**
     * @param tensors of a file of {@link goshawk.trtbuild.EngineFolder#weights()}, others among them
     * @param isWhole whether scales and norms come too, of a text that is all in E4M3; if not, only matrices that are there in E4M3 or BF16
     * @throws CheckpointException if one is missing, as the scale of a matrix in BF16 is
     */
    static TextTensors of(Collection<Tensor> tensors, boolean isWhole) {
        return new TextTensors(tensors, isWhole);
    }

    /** Whether a plan is given such a matrix; it has those of four bits in it. */
    private static boolean isGiven(Tensor tensor) {
        return tensor.type() == ElementType.F8_E4M3 || tensor.type() == ElementType.BF16;
    }

    private void place(String layer, boolean isWhole) {
        NEIGHBOURS.forEach(names -> placeMatrices(names.stream().map(layer::concat), isWhole));
        if (isWhole) {
            NORMS.forEach(name -> place(layer + name));
        }
    }

    private void placeMatrices(Stream<String> names, boolean isWhole) {
        List<String> found = names.filter(name -> isWhole || isThere(name)).toList();
        found.forEach(this::place);
        if (isWhole) {
            align();
            found.forEach(name -> append(Checkpoint.channelScale(name)));
        }
    }

    private boolean isThere(String name) {
        Tensor tensor = all.get(name);
        return tensor != null && isGiven(tensor);
    }

    private void place(String name) {
        align();
        append(name);
    }

    /** Behind a matrix whose sizes are multiples of 16 nothing is left free. */
    private void align() {
        bytes = DeviceMemory.aligned(bytes);
    }

    private void append(String name) {
        Tensor tensor = all.get(name);
        if (tensor == null) {
            throw new CheckpointException("the engine's weights lack %s; build it again".formatted(name));
        }
        offsets.put(tensor, bytes);
        bytes += tensor.bytes();
    }

    /** Of all, in the memory. */
    SequencedMap<Tensor, Long> offsets() {
        return Collections.unmodifiableSequencedMap(offsets);
    }

    long bytes() {
        return bytes;
    }

    /** What the names of a layer's tensors begin with. */
    String layer(int number) {
        return "%s%d.".formatted(layers, number);
    }

    /** The matrix that makes logits. */
    String head() {
        return head;
    }

    /** The norm behind the last layer. */
    String norm() {
        return layers.substring(0, layers.length() - "layers.".length()) + "norm.weight";
    }
}

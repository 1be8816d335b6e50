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
     * @param isWhole whether all is there that kernels of few tokens need: norms, and scales of E4M3, too. If not, only what a plan is given
     * @throws CheckpointException if one is missing
     */
    static TextTensors of(Collection<Tensor> tensors, boolean isWhole) {
        return new TextTensors(tensors, isWhole);
    }

    /** Whether a plan is given such a matrix: in E4M3, in BF16, or in four bits, two numbers in a byte. */
    private static boolean isGiven(Tensor tensor) {
        return switch (tensor.type()) {
            case F8_E4M3, BF16, U8 -> true;
            default -> false;
        };
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
        List<String> scaled =
                found.stream().filter(name -> hasScales(name, isWhole)).toList();
        if (!scaled.isEmpty()) {
            align();
            scaled.forEach(name -> append(Checkpoint.channelScale(name)));
        }
    }

    /** A plan is given those of four bits, and has those of E4M3 as constants. */
    private boolean hasScales(String matrix, boolean isWhole) {
        return switch (tensor(matrix).type()) {
            case U8 -> true;
            case F8_E4M3 -> isWhole;
            default -> false;
        };
    }

    private boolean isThere(String name) {
        Tensor tensor = all.get(name);
        return tensor != null
                && isGiven(tensor)
                && (tensor.type() != ElementType.U8 || canBeGiven(Checkpoint.channelScale(name)));
    }

    /** If not, as of small matrices in four bits, these are constants of a plan. */
    private boolean canBeGiven(String scale) {
        return DeviceMemory.endsAligned(tensor(scale).bytes());
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
        Tensor tensor = tensor(name);
        offsets.put(tensor, bytes);
        bytes += tensor.bytes();
    }

    private Tensor tensor(String name) {
        Tensor tensor = all.get(name);
        if (tensor == null) {
            throw new CheckpointException("the engine's weights lack %s; build it again".formatted(name));
        }
        return tensor;
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

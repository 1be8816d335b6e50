package goshawk.trtbuild.tensorrt;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The text of up to {@value #MOST_TOKENS} tokens in kernels of our own: each reads the weights as fast as the device's memory gives them,
 * and begins to while the one before it still runs. They compute what the text's plan does, with the same weights, but that tokens are
 * not rounded to E4M3, and matrices in four bits not to BF16. Belongs to one thread.
 */
public final class DecodeKernels implements DecodeExecution.Kernels {

    /** That are computed at once, and of which logits are told. */
    public static final int MOST_TOKENS = DecodeLaunch.MOST_TOKENS;

    /** Of compute capability, from which on a kernel can begin while the one before it still runs. */
    private static final int CHAINED_FROM = 9;

    private final DecodeSizes sizes;
    private final AttentionKernels attention;
    private final TextWeights weights;
    private final boolean isChained;
    private final Steps forOne;
    private final Steps forSome;
    private final MemorySegment attentionInputs = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, AttentionInput.COUNT);
    /** The number of each layer, which attention is told by an address. */
    private final DeviceMemory layers;

    /** Places in the scratch memory, of as many tokens as there can be. */
    private final long query;

    private final long keysAndValues;
    private final long attended;
    private final long mixed;
    private final long between;
    private final long behind;
    private final long attentionScratch;
    private final long scratchBytes;

    private DecodeKernels(
            DecodeSizes sizes,
            AttentionKernels attention,
            TextWeights weights,
            Kernel.Module module,
            boolean isChained) {
        this.sizes = sizes;
        this.attention = attention;
        this.weights = weights;
        this.isChained = isChained;
        this.forOne = Steps.of(module, sizes, 1);
        this.forSome = Steps.of(module, sizes, MOST_TOKENS);
        this.layers = numbers(sizes.layers());
        this.query = 0;
        this.keysAndValues = query + bytes(sizes.queries());
        this.attended = keysAndValues + bytes(2 * sizes.keys());
        this.mixed = attended + bytes(sizes.queries());
        this.between = mixed + bytes(sizes.mlp());
        this.behind = between + bytes(sizes.hidden());
        this.attentionScratch = behind + bytes(sizes.hidden());
        this.scratchBytes = attentionScratch + attention.workspaceBytes(1, MOST_TOKENS);
    }

    /**
     * Loads what {@link KernelCompiler} made.
     *
     * @param cubin for these sizes and this device
     * @param weights of the same model, which must stay where they are
     * @throws NativeCallException if it is another device's, or memory is short
     */
    public static DecodeKernels load(Path cubin, DecodeSizes sizes, TextOperators operators, TextWeights weights)
            throws IOException {
        Kernel.Module module = Kernel.Module.load(cubin);
        return new DecodeKernels(
                sizes, operators.attention(), weights, module, Device.open().major() >= CHAINED_FROM);
    }

    /**
     * Loads them to no end but to know whether driver and device take them.
     *
     * @throws NativeCallException if they do not
     */
    public static void check(Path cubin, DecodeSizes sizes) throws IOException {
        Kernel.Module module = Kernel.Module.load(cubin);
        Steps.of(module, sizes, 1);
        Steps.of(module, sizes, MOST_TOKENS);
    }

    private static DeviceMemory numbers(int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(ValueLayout.JAVA_INT, count);
            for (int i = 0; i < count; i++) {
                numbers.setAtIndex(ValueLayout.JAVA_INT, i, i);
            }
            var memory = new DeviceMemory(numbers.byteSize());
            memory.write(0, numbers);
            return memory;
        }
    }

    /** In BF16, of as many tokens as there can be. */
    private static long bytes(int numbers) {
        return DeviceMemory.aligned((long) numbers * Short.BYTES * MOST_TOKENS);
    }

    /** Of the device, for what lies between input and output. */
    public long scratchBytes() {
        return scratchBytes;
    }

    /**
     * Addresses of what is computed from; shapes and meanings are those of the inputs of the text's graph.
     *
     * @param asked places of the tokens of which logits are told
     */
    public record Inputs(long words, long cos, long sin, long sees, long places, long asked) {}

    /**
     * Computes tokens none of which is seen in a picture.
     *
     * @param tokens from 1 to {@value #MOST_TOKENS}
     * @param asked how many are asked, as many at most
     * @param scratch that nobody else uses meanwhile
     * @param logits takes {@code [asked, vocabulary]}
     */
    @Override
    public void launch(Inputs inputs, int tokens, int asked, long scratch, long logits, DeviceStream stream) {
        long before = inputs.words;
        for (int i = 0; i < sizes.layers(); i++) {
            layer(weights.layer(i), i, inputs, tokens, before, scratch, stream);
            before = scratch + behind;
        }
        TextWeights.Head last = weights.head();
        TextWeights.Matrix matrix = last.matrix();
        steps(asked)
                .head
                .launch(
                        stream,
                        isChained,
                        asked,
                        before,
                        last.norm(),
                        matrix.weights(),
                        matrix.scales(),
                        inputs.asked,
                        logits);
    }

    private Steps steps(int tokens) {
        return tokens == 1 ? forOne : forSome;
    }

    private void layer(
            TextWeights.Layer layer,
            int number,
            Inputs inputs,
            int tokens,
            long before,
            long scratch,
            DeviceStream stream) {
        Steps steps = steps(tokens);
        steps.heads.launch(
                stream,
                isChained,
                tokens,
                before,
                layer.attentionNorm(),
                layer.heads().weights(),
                layer.heads().scales(),
                scratch + query,
                scratch + keysAndValues);
        attend(layer, number, inputs, tokens, scratch, stream);
        steps.attended.launch(
                stream,
                isChained,
                tokens,
                scratch + attended,
                layer.attended().weights(),
                layer.attended().scales(),
                before,
                scratch + between);
        steps.gated.launch(
                stream,
                isChained,
                tokens,
                scratch + between,
                layer.mlpNorm(),
                layer.gated().weights(),
                layer.gated().scales(),
                scratch + mixed);
        steps.down.launch(
                stream,
                isChained,
                tokens,
                scratch + mixed,
                layer.down().weights(),
                layer.down().scales(),
                scratch + between,
                scratch + behind);
    }

    private void attend(
            TextWeights.Layer layer, int number, Inputs inputs, int tokens, long scratch, DeviceStream stream) {
        set(AttentionInput.QUERY, scratch + query);
        set(AttentionInput.KEYS_AND_VALUES, scratch + keysAndValues);
        set(AttentionInput.QUERY_NORM, layer.queryNorm());
        set(AttentionInput.KEY_NORM, layer.keyNorm());
        set(AttentionInput.COS, inputs.cos);
        set(AttentionInput.SIN, inputs.sin);
        set(AttentionInput.SEES, inputs.sees);
        set(AttentionInput.PLACES, inputs.places);
        set(AttentionInput.LAYER, layers.address() + (long) number * Integer.BYTES);
        attention.launch(
                tokens,
                1,
                attentionInputs.address(),
                scratch + attended,
                scratch + attentionScratch,
                stream.address(),
                isChained);
    }

    private void set(int input, long address) {
        attentionInputs.setAtIndex(ValueLayout.JAVA_LONG, input, address);
    }

    /** The kernels with room for one token, or for several. */
    private record Steps(Step heads, Step attended, Step gated, Step down, Step head) {

        static Steps of(Kernel.Module module, DecodeSizes sizes, int room) {
            return new Steps(
                    new Step(module, DecodeLaunch.heads(sizes, room)),
                    new Step(module, DecodeLaunch.attended(sizes, room)),
                    new Step(module, DecodeLaunch.gated(sizes, room)),
                    new Step(module, DecodeLaunch.down(sizes, room)),
                    new Step(module, DecodeLaunch.head(sizes, room)));
        }
    }

    /** A kernel that takes addresses, and behind them how many tokens there are. */
    private static final class Step {

        private static final int MOST_OPERANDS = 8;

        private final Kernel kernel;
        private final Kernel.Grid grid;
        private final KernelOperands values = new KernelOperands(MOST_OPERANDS);
        private final PointerPointer<Pointer> list =
                values.list(IntStream.range(0, MOST_OPERANDS).toArray());

        Step(Kernel.Module module, DecodeLaunch launch) {
            this.grid = launch.grid();
            this.kernel = module.kernel(launch.kernel(), grid.sharedBytes());
        }

        void launch(DeviceStream stream, boolean isChained, int tokens, long... addresses) {
            values.setAll(addresses);
            values.set(addresses.length, tokens);
            kernel.launch(grid, list, stream.address(), isChained);
        }
    }
}

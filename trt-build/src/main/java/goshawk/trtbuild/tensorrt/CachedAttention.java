package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.tensorrt.NativeObject.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * The text's attention as an operator of TensorRT, {@value #NAME} in version {@value #VERSION} and in no namespace. It
 * normalises and rotates heads, writes keys and values of new tokens where a conversation has room for them, and attends.
 *
 * <p>There are S rows, of which the last may be nobody's. Inputs, in order: {@code query [S, heads · size]}, {@code keys_and_values [S, 2 · kvHeads · size]}, a
 * token's keys and its values behind them, {@code q_norm} and {@code k_norm [size]} in BF16; {@code cos} and {@code sin [S, size / 2]}
 * in FP32; {@code sees [S, W]}, {@code places [20]} and {@code layer [1]} in INT32. The one output is like {@code query}; where {@code scale [1]}
 * in BF16 follows, it is divided by that and in E4M3. Row i
 * sees all that is past, and new token j where bit {@code j % 32} of word {@code j / 32} in row i of {@code sees} is set. What
 * {@code places} hold, and that TensorRT may pass any numbers in it while it builds, is the kernels' matter.
 *
 * <p>In C++ these are {@code IPluginV3OneCore}, {@code IPluginV3OneBuild}, {@code IPluginV3OneRuntime}, and an {@code IPluginV3}
 * that leads to them; their functions stand in the order of {@code NvInferRuntime.h}, which is the same in TensorRT 10.3, 10.6
 * and 10.15. They keep nothing but the kernels, so a clone is a new object of the same.
 */
final class CachedAttention {

    static final String NAME = "CachedAttention";
    static final String VERSION = "1";
    static final String NAMESPACE = "";

    /** As many numbers as a tensor has rows. */
    private static final long ROWS = -1;

    /** As many words as it takes for a bit a row, or more. */
    private static final long WORDS = -2;

    private static final int OUTPUTS = 1;

    private static final int DONE = 0;
    private static final int FAILURE = 1;

    /** More than there is: nobody is to compute with less than it takes. */
    private static final long TOO_MUCH = Long.MAX_VALUE;

    /** As many as TensorRT tries unless told otherwise. */
    private static final int FORMAT_COMBINATIONS = 100;

    /** {@code nvinfer1::DimsExprs}: how many there are, and room for eight. */
    private static final long DIMS_EXPRS_BYTES = 72;

    private static final Arena FOR_EVER = Arena.global();
    private static final long NAME_TEXT = FOR_EVER.allocateFrom(NAME).address();
    private static final long VERSION_TEXT = FOR_EVER.allocateFrom(VERSION).address();
    private static final long NAMESPACE_TEXT = FOR_EVER.allocateFrom(NAMESPACE).address();

    /** {@code nvinfer1::PluginFieldCollection}: no field, at no address. */
    private static final long NO_FIELDS =
            FOR_EVER.allocate(ValueLayout.JAVA_LONG, 2).address();

    /** What computes it. */
    interface Kernels {

        /** What they were compiled for. */
        AttentionSizes sizes();

        /** What is enough for each number of rows from {@code fewest} to {@code most}. */
        long workspaceBytes(int fewest, int most);

        /**
         * Queues the computation on a stream, which may be recording.
         *
         * @param rows at least 1
         * @param words of a row of {@code sees}
         * @param inputs where the addresses of the inputs stand; those are the device's, as are the two that follow
         * @param isScaled whether a scale is among the inputs
         * @param workspace of as many bytes as {@link #workspaceBytes} says
         */
        void launch(int rows, int words, long inputs, boolean isScaled, long output, long workspace, long stream);
    }

    /** @param shape each a number, {@link #ROWS} or {@link #WORDS} */
    private record Input(String name, int type, long... shape) {

        String words() {
            return Arrays.stream(shape)
                    .mapToObj(size -> size == ROWS ? "rows" : size == WORDS ? "rows / 32" : Long.toString(size))
                    .collect(Collectors.joining(", ", "[", "]"));
        }
    }

    private final Kernels kernels;
    private final List<Input> inputs;
    private final NativeObject plugin;
    private final long core;
    private final long build;
    private final long runtime;

    CachedAttention(Kernels kernels) {
        this.kernels = kernels;
        this.inputs = inputs(kernels.sizes());
        this.core = object(
                "PLUGIN_V3ONE_CORE",
                "IPluginV3OneCore",
                new Function("getPluginName", 0L),
                new Function("getPluginVersion", 0L),
                new Function("getPluginNamespace", 0L));
        this.build = object(
                "PLUGIN_V3ONE_BUILD",
                "IPluginV3OneBuild",
                new Function("configurePlugin", FAILURE),
                new Function("getOutputDataTypes", FAILURE),
                new Function("getOutputShapes", FAILURE),
                new Function("supportsFormatCombination", false),
                new Function("getNbOutputs", 0),
                new Function("getWorkspaceSize", TOO_MUCH),
                new Function("getValidTactics", FAILURE),
                new Function("getNbTactics", 0),
                new Function("getTimingCacheID", 0L),
                new Function("getFormatCombinationLimit", 0),
                new Function("getMetadataString", 0L));
        this.runtime = object(
                "PLUGIN_V3ONE_RUNTIME",
                "IPluginV3OneRuntime",
                new Function("setTactic", FAILURE),
                new Function("onShapeChange", FAILURE),
                new Function("enqueue", FAILURE),
                new Function("attachToContext", 0L),
                new Function("getFieldsToSerialize", 0L));
        this.plugin = laid("PLUGIN", "IPluginV3", new Function("getCapabilityInterface", 0L), new Function("copy", 0L));
    }

    private static List<Input> inputs(AttentionSizes sizes) {
        long size = sizes.headSize();
        return List.of(
                new Input("query", TensorDesc.BF16, ROWS, sizes.heads() * size),
                new Input("keys_and_values", TensorDesc.BF16, ROWS, 2L * sizes.kvHeads() * size),
                new Input("q_norm", TensorDesc.BF16, size),
                new Input("k_norm", TensorDesc.BF16, size),
                new Input("cos", TensorDesc.FLOAT, ROWS, size / 2),
                new Input("sin", TensorDesc.FLOAT, ROWS, size / 2),
                new Input("sees", TensorDesc.INT32, ROWS, WORDS),
                new Input("places", TensorDesc.INT32, AttentionSizes.PLACES),
                new Input("layer", TensorDesc.INT32, 1),
                new Input("scale", TensorDesc.BF16, 1));
    }

    private NativeObject laid(String kind, String name, Function... functions) {
        return new NativeObject(kind, name, List.of(functions), this, MethodHandles.lookup());
    }

    private long object(String kind, String name, Function... functions) {
        return laid(kind, name, functions).object().address();
    }

    /** A new {@code IPluginV3}. */
    MemorySegment plugin() {
        return plugin.object();
    }

    // IPluginV3

    long getCapabilityInterface(int type) {
        return switch (type) {
            case 0 -> core;
            case 1 -> build;
            case 2 -> runtime;
            default -> 0;
        };
    }

    /** {@code clone}. */
    long copy() {
        return plugin().address();
    }

    // IPluginV3OneCore

    long getPluginName() {
        return NAME_TEXT;
    }

    long getPluginVersion() {
        return VERSION_TEXT;
    }

    long getPluginNamespace() {
        return NAMESPACE_TEXT;
    }

    // IPluginV3OneBuild

    int configurePlugin(long in, int inCount, long out, int outCount) {
        requireCounts(inCount, outCount);
        requireShapes(inCount, i -> TensorDesc.ofDynamic(in, i));
        return DONE;
    }

    /** @param types, as {@code ins}, where numbers of 32 bits stand */
    int getOutputDataTypes(long types, int outCount, long ins, int inCount) {
        requireCounts(inCount, outCount);
        for (int i = 0; i < inCount; i++) {
            int type = RawMemory.getInt(ins + (long) i * Integer.BYTES);
            Input input = inputs.get(i);
            if (type != input.type) {
                throw new IllegalArgumentException(
                        "%s is of TensorRT's data type %d, want %d".formatted(input.name, type, input.type));
            }
        }
        RawMemory.setInt(types, outputType(inCount));
        return DONE;
    }

    int getOutputShapes(long in, int inCount, long values, int valueCount, long out, int outCount, long expressions) {
        requireCounts(inCount, outCount);
        RawMemory.copy(in + AttentionInput.QUERY * DIMS_EXPRS_BYTES, out, DIMS_EXPRS_BYTES);
        return DONE;
    }

    /** @param place of a tensor, outputs behind inputs */
    boolean supportsFormatCombination(int place, long descs, int inCount, int outCount) {
        requireCounts(inCount, outCount);
        TensorDesc desc = TensorDesc.ofDynamic(descs, place);
        return desc.isLinear() && desc.type() == (place < inCount ? inputs.get(place).type : outputType(inCount));
    }

    private static int outputType(int inCount) {
        return isScaled(inCount) ? TensorDesc.FP8 : TensorDesc.BF16;
    }

    private static boolean isScaled(int inCount) {
        return inCount > AttentionInput.SCALE;
    }

    int getNbOutputs() {
        return OUTPUTS;
    }

    long getWorkspaceSize(long in, int inCount, long out, int outCount) {
        requireCounts(inCount, outCount);
        TensorDesc query = TensorDesc.ofDynamic(in, AttentionInput.QUERY);
        int largest = Math.toIntExact(Math.max(query.largest(0), query.size(0)));
        int smallest = Math.toIntExact(Math.clamp(query.smallest(0), 1, Math.max(1, largest)));
        return kernels.workspaceBytes(smallest, largest);
    }

    int getValidTactics(long tactics, int count) {
        return DONE;
    }

    int getNbTactics() {
        return 0;
    }

    /** None: with one format and one tactic nothing has to be timed. */
    long getTimingCacheID() {
        return 0;
    }

    int getFormatCombinationLimit() {
        return FORMAT_COMBINATIONS;
    }

    /** None. */
    long getMetadataString() {
        return 0;
    }

    // IPluginV3OneRuntime

    int setTactic(int tactic) {
        return DONE;
    }

    int onShapeChange(long in, int inCount, long out, int outCount) {
        requireCounts(inCount, outCount);
        requireShapes(inCount, i -> TensorDesc.of(in, i));
        return DONE;
    }

    /** @param ins, as {@code outs}, where addresses on the device stand */
    int enqueue(long in, long out, long ins, long outs, long workspace, long stream) {
        int rows = (int) TensorDesc.of(in, AttentionInput.QUERY).size(0);
        int words = (int) TensorDesc.of(in, AttentionInput.SEES).size(1);
        if (!isEnough(words, rows)) {
            throw new IllegalArgumentException("sees has %d words a row, and there are %d rows".formatted(words, rows));
        }
        if (rows > 0) {
            boolean isScaled = TensorDesc.of(out, 0).type() == TensorDesc.FP8;
            kernels.launch(rows, words, ins, isScaled, RawMemory.getLong(outs), workspace, stream);
        }
        return DONE;
    }

    long attachToContext(long context) {
        return copy();
    }

    long getFieldsToSerialize() {
        return NO_FIELDS;
    }

    /** Of the creator, which has no attributes either. */
    static long noFields() {
        return NO_FIELDS;
    }

    private void requireCounts(int inCount, int outCount) {
        if (inCount < AttentionInput.COUNT || inCount > inputs.size() || outCount != OUTPUTS) {
            throw new IllegalArgumentException("%d inputs and %d outputs, want %d or %d and %d"
                    .formatted(inCount, outCount, AttentionInput.COUNT, inputs.size(), OUTPUTS));
        }
    }

    private void requireShapes(int inCount, IntFunction<TensorDesc> descs) {
        TensorDesc query = descs.apply(AttentionInput.QUERY);
        for (int i = 0; i < inCount; i++) {
            requireShape(inputs.get(i), descs.apply(i), query);
        }
    }

    private static void requireShape(Input input, TensorDesc found, TensorDesc query) {
        long rows = query.size(0);
        boolean fits = found.rank() == input.shape.length;
        for (int i = 0; fits && i < input.shape.length; i++) {
            fits = fits(found.size(i), input.shape[i], rows);
        }
        if (!fits) {
            throw new IllegalArgumentException("%s is %s, want %s of %d rows"
                    .formatted(input.name, Arrays.toString(found.sizes()), input.words(), rows));
        }
    }

    /** @param found, as {@code rows}, negative where it is not known yet */
    private static boolean fits(long found, long wanted, long rows) {
        if (found < 0 || (wanted < 0 && rows < 0)) {
            return true;
        }
        if (wanted == WORDS) {
            return isEnough(found, rows);
        }
        return found == (wanted == ROWS ? rows : wanted);
    }

    private static boolean isEnough(long words, long rows) {
        return words * Integer.SIZE >= rows;
    }
}

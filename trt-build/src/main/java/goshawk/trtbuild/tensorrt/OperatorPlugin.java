package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.tensorrt.NativeObject.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * An {@link Operator} as TensorRT knows one. In C++ these are {@code IPluginV3OneCore}, {@code IPluginV3OneBuild}, {@code IPluginV3OneRuntime},
 * and an {@code IPluginV3} that leads to them; their functions stand in the order of {@code NvInferRuntime.h}, which is the same in TensorRT 10.3,
 * 10.6 and 10.15. They keep nothing but the operator, so a clone is a new object of the same.
 */
final class OperatorPlugin {

    static final String VERSION = "1";
    static final String NAMESPACE = "";

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
    private static final long VERSION_TEXT = FOR_EVER.allocateFrom(VERSION).address();
    private static final long NAMESPACE_TEXT = FOR_EVER.allocateFrom(NAMESPACE).address();

    /** {@code nvinfer1::PluginFieldCollection}: no field, at no address. */
    private static final long NO_FIELDS =
            FOR_EVER.allocate(ValueLayout.JAVA_LONG, 2).address();

    private final Operator operator;
    private final long name;
    private final NativeObject plugin;
    private final long core;
    private final long build;
    private final long runtime;

    OperatorPlugin(Operator operator) {
        this.operator = operator;
        this.name = FOR_EVER.allocateFrom(operator.name()).address();
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
        return name;
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
        operator.requireShapes(all(inCount, i -> TensorDesc.ofDynamic(in, i)));
        return DONE;
    }

    /** @param types, as {@code ins}, where numbers of 32 bits stand */
    int getOutputDataTypes(long types, int outCount, long ins, int inCount) {
        requireCounts(inCount, outCount);
        for (int i = 0; i < inCount; i++) {
            int type = RawMemory.getInt(ins + (long) i * Integer.BYTES);
            Operator.Input input = operator.inputs().get(i);
            if (type != input.type()) {
                throw new IllegalArgumentException(
                        "%s is of TensorRT's data type %d, want %d".formatted(input.name(), type, input.type()));
            }
        }
        RawMemory.setInt(types, operator.outputType(inCount));
        return DONE;
    }

    int getOutputShapes(long in, int inCount, long values, int valueCount, long out, int outCount, long expressions) {
        requireCounts(inCount, outCount);
        List<Operator.Size> sizes = operator.outputSizes();
        RawMemory.setInt(out, sizes.size());
        for (int i = 0; i < sizes.size(); i++) {
            Operator.Size size = sizes.get(i);
            long from = in + size.input() * DIMS_EXPRS_BYTES;
            RawMemory.copy(expression(from, size.dimension()), expression(out, i), Long.BYTES);
        }
        return DONE;
    }

    /** @param place of a tensor, outputs behind inputs */
    boolean supportsFormatCombination(int place, long descs, int inCount, int outCount) {
        requireCounts(inCount, outCount);
        TensorDesc desc = TensorDesc.ofDynamic(descs, place);
        return desc.isLinear()
                && desc.type()
                        == (place < inCount ? operator.inputs().get(place).type() : operator.outputType(inCount));
    }

    /** Where the pointer to one of {@code DimsExprs} stands. */
    private static long expression(long dimensions, int place) {
        return dimensions + Long.BYTES * (1L + place);
    }

    int getNbOutputs() {
        return OUTPUTS;
    }

    long getWorkspaceSize(long in, int inCount, long out, int outCount) {
        requireCounts(inCount, outCount);
        return operator.workspaceBytes(all(inCount, i -> TensorDesc.ofDynamic(in, i)));
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
        operator.requireShapes(all(inCount, i -> TensorDesc.of(in, i)));
        return DONE;
    }

    /** @param ins, as {@code outs}, where addresses on the device stand */
    int enqueue(long in, long out, long ins, long outs, long workspace, long stream) {
        operator.launch(in, TensorDesc.of(out, 0), ins, RawMemory.getLong(outs), workspace, stream);
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

    private static List<TensorDesc> all(int count, IntFunction<TensorDesc> descs) {
        return IntStream.range(0, count).mapToObj(descs).toList();
    }

    private void requireCounts(int inCount, int outCount) {
        int fewest = operator.fewestInputs();
        int most = operator.inputs().size();
        if (inCount < fewest || inCount > most || outCount != OUTPUTS) {
            throw new IllegalArgumentException("%d inputs and %d outputs, want %s and %d"
                    .formatted(inCount, outCount, fewest == most ? most : fewest + " or " + most, OUTPUTS));
        }
    }
}

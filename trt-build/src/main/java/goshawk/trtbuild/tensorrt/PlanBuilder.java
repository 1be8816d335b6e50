package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.Durable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.NetworkDefinitionCreationFlag;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvinfer.ProfilingVerbosity;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.ITimingCache;
import org.bytedeco.tensorrt.nvonnxparser.IParser;

/**
 * From an ONNX graph to a plan for the GPU of this machine. What it takes of the machine's memory is free again only when
 * the process ends: a process builds one plan.
 */
public final class PlanBuilder {

    private static final int SLICE = 1 << 26;

    /** Parts that a build is told to be done of. */
    private static final int PARTS = 1000;

    /** Told what is being done, on whichever thread does it. */
    @FunctionalInterface
    public interface Steps {

        /**
         * @param phase in words, for a person
         * @param total at least 1
         */
        void at(String phase, long done, long total);
    }

    /** Sizes of an input that a profile is for: the smallest, those that it is made fast for, the largest. */
    public record Sizes(String input, long[] smallest, long[] usual, long[] largest) {}

    /**
     * What is built.
     *
     * @param weights folder that the graph's external data is relative to
     * @param tensors the same weights, mapped and open until the plan is built
     * @param profiles each with all inputs
     */
    public record Source(byte[] onnx, Path weights, List<MemorySegment> tensors, List<List<Sizes>> profiles) {}

    private final Path timings;
    private final Steps steps;

    /** @param timings what TensorRT measured of kernels before, kept for the next build; made if it is not there */
    public PlanBuilder(Path timings, Steps steps) {
        this.timings = timings;
        this.steps = steps;
    }

    /**
     * Builds a plan. Takes from seconds to minutes.
     *
     * @param plan takes it when all went well, piece after piece
     * @throws NativeCallException with what the parser or the builder said
     */
    public void build(Source source, WritableByteChannel plan) throws IOException {
        try {
            IBuilder builder = TensorRt.made("createInferBuilder", nvinfer.createInferBuilder(TensorRt.LOG));
            steps.at("reading the graph and its weights", 0, 1);
            INetworkDefinition network = TensorRt.made(
                    "createNetworkV2",
                    builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value));
            IParser parser = TensorRt.made("createParser", nvonnxparser.createParser(network, TensorRt.LOG));
            parse(parser, source);
            new WeightsInPlace(source.tensors).take(network);
            Pointer.trimMemory();
            IBuilderConfig config = TensorRt.made("createBuilderConfig", builder.createBuilderConfig());
            config.setProfilingVerbosity(ProfilingVerbosity.kDETAILED);
            for (List<Sizes> profile : source.profiles) {
                add(profile, builder, config);
            }
            ITimingCache cache = timingCache(config);
            IHostMemory built = compile(builder, network, config);
            write(plan, built);
            Files.createDirectories(timings.toAbsolutePath().resolveSibling(""));
            keepTimings(TensorRt.made("serialize", cache.serialize()));
        } catch (LinkageError e) {
            throw Device.missing("TensorRT 10 with its builder and ONNX parser", e);
        }
    }

    /**
     * As {@link #build(Source, WritableByteChannel)}, of a graph with these operators.
     */
    public void build(Source source, TextOperators operators, WritableByteChannel plan) throws IOException {
        operators.register();
        build(source, plan);
    }

    private IHostMemory compile(IBuilder builder, INetworkDefinition network, IBuilderConfig config) {
        String phase = "choosing kernels and compiling";
        steps.at(phase, 0, PARTS);
        config.setProgressMonitor(
                new ProgressMonitor(share -> steps.at(phase, Math.round(share * PARTS), PARTS)).raw());
        return TensorRt.made("buildSerializedNetwork", builder.buildSerializedNetwork(network, config));
    }

    private static void parse(IParser parser, Source source) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, source.onnx);
            // The path of a file that need not exist: weights are beside it.
            String path = source.weights.resolve("graph.onnx").toString();
            if (!parser.parse(Address.of(bytes), bytes.byteSize(), path)) {
                throw new NativeCallException(
                        "IParser::parse",
                        IntStream.range(0, parser.getNbErrors())
                                .mapToObj(parser::getError)
                                .map(error ->
                                        "%s %s: %s".formatted(error.nodeOperator(), error.nodeName(), error.desc()))
                                .collect(Collectors.joining("; ")));
            }
        }
    }

    private static void add(List<Sizes> sizes, IBuilder builder, IBuilderConfig config) {
        IOptimizationProfile profile = TensorRt.made("createOptimizationProfile", builder.createOptimizationProfile());
        for (Sizes input : sizes) {
            set(profile, input.input, OptProfileSelector.kMIN, input.smallest);
            set(profile, input.input, OptProfileSelector.kOPT, input.usual);
            set(profile, input.input, OptProfileSelector.kMAX, input.largest);
        }
        TensorRt.done("addOptimizationProfile", config.addOptimizationProfile(profile) >= 0);
    }

    private static void set(IOptimizationProfile profile, String input, OptProfileSelector which, long[] sizes) {
        try (Dims64 dims = TensorRt.dims(sizes)) {
            TensorRt.done("setDimensions of " + input, profile.setDimensions(input, which, dims));
        }
    }

    private ITimingCache timingCache(IBuilderConfig config) throws IOException {
        byte[] known = Files.exists(timings) ? Files.readAllBytes(timings) : new byte[0];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, known.length));
            MemorySegment.copy(known, 0, bytes, ValueLayout.JAVA_BYTE, 0, known.length);
            ITimingCache cache =
                    TensorRt.made("createTimingCache", config.createTimingCache(Address.of(bytes), known.length));
            TensorRt.done("setTimingCache", config.setTimingCache(cache, false));
            return cache;
        }
    }

    /** Kernels are not measured again for want of a whole file: it is replaced in one step. */
    private void keepTimings(IHostMemory measured) throws IOException {
        Durable.replace(timings, bytes(measured).toArray(ValueLayout.JAVA_BYTE));
    }

    private void write(WritableByteChannel plan, IHostMemory built) throws IOException {
        MemorySegment bytes = bytes(built);
        for (long at = 0; at < bytes.byteSize(); at += SLICE) {
            steps.at("writing the plan", at, bytes.byteSize());
            ByteBuffer slice =
                    bytes.asSlice(at, Math.min(SLICE, bytes.byteSize() - at)).asByteBuffer();
            while (slice.hasRemaining()) {
                plan.write(slice);
            }
        }
    }

    private static MemorySegment bytes(IHostMemory memory) {
        return MemorySegment.ofAddress(memory.data().address()).reinterpret(memory.size());
    }
}

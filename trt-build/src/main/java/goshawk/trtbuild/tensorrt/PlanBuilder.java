package goshawk.trtbuild.tensorrt;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
 * From an ONNX graph to a plan for the GPU of this machine. What it takes of the machine's memory, once the plan's size
 * and more, is free again only when the process ends.
 */
public final class PlanBuilder {

    private static final int SLICE = 1 << 28;

    /** Told in words what is being done. */
    @FunctionalInterface
    public interface Phase {

        void begins(String phase);
    }

    /** Sizes of an input that a profile is for: the smallest, those that it is made fast for, the largest. */
    public record Sizes(String input, long[] smallest, long[] usual, long[] largest) {}

    private final Path timings;

    /** @param timings what TensorRT measured of kernels before, kept for the next build; made if it is not there */
    public PlanBuilder(Path timings) {
        this.timings = timings;
    }

    /**
     * Builds a plan. Takes from seconds to minutes.
     *
     * @param onnx whose weights are relative to {@code weights}
     * @param profiles each with all inputs
     * @param plan written when all went well
     * @throws NativeCallException with what the parser or the builder said
     */
    public void build(byte[] onnx, Path weights, List<List<Sizes>> profiles, Path plan, Phase phase)
            throws IOException {
        try {
            IBuilder builder = TensorRt.made("createInferBuilder", nvinfer.createInferBuilder(TensorRt.LOG));
            phase.begins("reading the graph and its weights");
            INetworkDefinition network = TensorRt.made(
                    "createNetworkV2",
                    builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value));
            IParser parser = TensorRt.made("createParser", nvonnxparser.createParser(network, TensorRt.LOG));
            parse(parser, onnx, weights);
            IBuilderConfig config = TensorRt.made("createBuilderConfig", builder.createBuilderConfig());
            config.setProfilingVerbosity(ProfilingVerbosity.kDETAILED);
            for (List<Sizes> profile : profiles) {
                add(profile, builder, config);
            }
            ITimingCache cache = timingCache(config);
            phase.begins("choosing kernels and compiling");
            IHostMemory built =
                    TensorRt.made("buildSerializedNetwork", builder.buildSerializedNetwork(network, config));
            phase.begins("writing the plan");
            write(plan, built);
            Files.createDirectories(timings.toAbsolutePath().resolveSibling(""));
            write(timings, TensorRt.made("serialize", cache.serialize()));
        } catch (LinkageError e) {
            throw Device.missing("TensorRT 10 with its builder and ONNX parser", e);
        }
    }

    private static void parse(IParser parser, byte[] onnx, Path weights) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, onnx);
            // The path of a file that need not exist: weights are beside it.
            String path = weights.resolve("graph.onnx").toString();
            if (!parser.parse(Address.of(bytes), onnx.length, path)) {
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

    private static void write(Path file, IHostMemory memory) throws IOException {
        MemorySegment bytes = MemorySegment.ofAddress(memory.data().address()).reinterpret(memory.size());
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes.byteSize(); at += SLICE) {
                var slice = bytes.asSlice(at, Math.min(SLICE, bytes.byteSize() - at))
                        .asByteBuffer();
                while (slice.hasRemaining()) {
                    channel.write(slice);
                }
            }
            channel.force(true);
        }
    }
}

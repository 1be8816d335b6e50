package goshawk.trtbuild.tensorrt;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.ExecutionContextAllocationStrategy;
import org.bytedeco.tensorrt.global.nvinfer.LayerInformationFormat;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.bytedeco.tensorrt.nvinfer.IRuntime;

/** A graph that TensorRT has built, loaded on the device for as long as the process lives. */
public final class Plan {

    private final ICudaEngine engine;

    private Plan(ICudaEngine engine) {
        this.engine = engine;
    }

    /**
     * Loads a plan.
     *
     * @throws NativeCallException if it cannot be loaded: it was built for another GPU or version, or memory is short
     */
    public static Plan load(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            // A mapping, because a plan is larger than an array or the heap.
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            IRuntime runtime = TensorRt.made("createInferRuntime", nvinfer.createInferRuntime(TensorRt.LOG));
            return new Plan(TensorRt.made(
                    "deserializeCudaEngine", runtime.deserializeCudaEngine(Address.of(bytes), bytes.byteSize())));
        } catch (LinkageError e) {
            throw Device.missing("TensorRT 10", e);
        }
    }

    /**
     * Loads a plan of a graph with these operators.
     *
     * @throws NativeCallException as {@link #load(Path)}
     */
    public static Plan load(Path file, TextOperators operators) throws IOException {
        operators.register();
        return load(file);
    }

    /** Bytes of the device that a computation with this profile needs for what lies between input and output. */
    public long scratchBytes(int profile) {
        return engine.getDeviceMemorySizeForProfileV2(profile);
    }

    /** One of the plan's profiles; its scratch memory is given to it before it computes. */
    public Execution execution(int profile, DeviceStream stream) {
        IExecutionContext context = TensorRt.made(
                "createExecutionContext",
                engine.createExecutionContext(ExecutionContextAllocationStrategy.kUSER_MANAGED));
        TensorRt.done("setOptimizationProfileAsync", context.setOptimizationProfileAsync(profile, stream.raw()));
        stream.synchronize();
        return new Execution(context);
    }

    /** Names of all inputs and outputs. */
    public List<String> tensors() {
        return IntStream.range(0, engine.getNbIOTensors())
                .mapToObj(engine::getIOTensorName)
                .toList();
    }

    /** What TensorRT made of each layer, as its inspector tells in JSON. */
    public String layers() {
        return engine.createEngineInspector().getEngineInformation(LayerInformationFormat.kJSON);
    }
}

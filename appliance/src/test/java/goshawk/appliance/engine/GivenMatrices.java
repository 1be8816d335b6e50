package goshawk.appliance.engine;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Safetensors;
import goshawk.trtbuild.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The matrices that are inputs of a text graph, as a device has them: those in BF16, because the runtime's binding for Java has no E4M3, and what
 * those in four bits mean, in FP32.
 */
final class GivenMatrices implements AutoCloseable {

    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

    /**
     * @param session of the text graph of {@code folder}
     * @param unpacked that make matrices of such in four bits, in the graph
     */
    GivenMatrices(EngineFolder folder, OrtSession session, List<CutGraph.Node> unpacked) throws OrtException {
        Optional<Path> file = file(folder);
        if (file.isEmpty()) {
            return;
        }
        try (Safetensors weights = Safetensors.open(file.get())) {
            for (var input : session.getInputInfo().entrySet()) {
                if (input.getKey().endsWith(".weight")) {
                    long[] shape = ((TensorInfo) input.getValue().getInfo()).getShape();
                    tensors.put(input.getKey(), given(weights, input.getKey(), shape));
                }
            }
            for (CutGraph.Node node : unpacked) {
                tensors.put(node.result(), numbers(weights, node.operands().getFirst()));
            }
        }
    }

    /** Where an engine has them, beside what else was quantised for a GPU; empty if it is for none. */
    static Optional<Path> file(EngineFolder folder) {
        return folder.manifest().weightNames().stream()
                .filter(name -> name.endsWith("quantised.safetensors"))
                .map(folder.weightsFolder()::resolve)
                .findFirst();
    }

    /** Gate is given with up behind it, keys' with values'. */
    private static List<Tensor> together(Safetensors weights, String name) {
        return Stream.of(name, name.replace("gate_proj", "up_proj").replace("k_proj", "v_proj"))
                .distinct()
                .map(it -> Objects.requireNonNull(weights.tensors().get(it), it))
                .toList();
    }

    /** What four bits and scales mean, as {@link Safetensors} has them: two numbers in a byte, a scale for 128. */
    private static OnnxTensor numbers(Safetensors weights, String name) throws OrtException {
        List<Tensor> all = together(weights, name);
        long columns = 2 * all.getFirst().shape().getLast();
        long rows = all.stream().mapToLong(it -> it.shape().getFirst()).sum();
        FloatBuffer numbers = FloatBuffer.allocate((int) (rows * columns));
        for (Tensor tensor : all) {
            MemorySegment pairs = weights.bytes(tensor);
            MemorySegment scales =
                    weights.bytes(Objects.requireNonNull(weights.tensors().get(tensor.name() + "_scale")));
            for (long i = 0; i < 2 * pairs.byteSize(); i++) {
                int four = pairs.get(ValueLayout.JAVA_BYTE, i / 2) >> (i % 2 * 4) & 15;
                float scale = scales.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i / 128 * Float.BYTES);
                numbers.put((four > 7 ? four - 16 : four) * scale);
            }
        }
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), numbers.flip(), new long[] {rows, columns});
    }

    private static OnnxTensor given(Safetensors weights, String name, long[] shape) throws OrtException {
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) (Short.BYTES * shape[0] * shape[1]))
                .order(ByteOrder.nativeOrder());
        together(weights, name).forEach(it -> {
            if (bytes.hasRemaining()) {
                bytes.put(weights.bytes(it).asByteBuffer());
            }
        });
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), bytes.flip(), shape, OnnxJavaType.BFLOAT16);
    }

    void lendTo(Inputs inputs) {
        tensors.forEach(inputs::lend);
    }

    @Override
    public void close() {
        tensors.values().forEach(OnnxTensor::close);
    }
}

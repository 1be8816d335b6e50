package goshawk.appliance.engine;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Safetensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The matrices that are inputs of a text graph, as a device has them. Those in BF16: the runtime's binding for Java has no E4M3. */
final class GivenMatrices implements AutoCloseable {

    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

    /** @param session of the text graph of {@code folder} */
    GivenMatrices(EngineFolder folder, OrtSession session) throws OrtException {
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
    private static OnnxTensor given(Safetensors weights, String name, long[] shape) throws OrtException {
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) (Short.BYTES * shape[0] * shape[1]))
                .order(ByteOrder.nativeOrder());
        String next = name;
        while (bytes.hasRemaining()) {
            bytes.put(weights.bytes(Objects.requireNonNull(weights.tensors().get(next), next))
                    .asByteBuffer());
            next = name.replace("gate_proj", "up_proj").replace("k_proj", "v_proj");
        }
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

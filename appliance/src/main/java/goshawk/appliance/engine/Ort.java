package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** ONNX Runtime with its checked exceptions turned into {@link EngineException.CallFailed}, here and nowhere else. */
final class Ort {

    private final OrtEnvironment environment;

    /** The environment is one for the process; it is made by the first engine and never closed. */
    Ort() {
        NoTelemetry.ensure();
        environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "goshawk");
        try {
            environment.setTelemetry(false);
        } catch (OrtException e) {
            throw new EngineException.CallFailed("setTelemetry", e);
        }
    }

    String version() {
        return environment.getVersion();
    }

    /**
     * @param weights folder that the graph's external data is relative to
     * @param threads the calling one included
     */
    OrtSession session(String name, byte[] graph, Path weights, int threads) {
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            // Without this the FP8 weights are not folded to constants and every step dequantises them again.
            options.addConfigEntry("session.disable_quant_qdq", "1");
            options.addConfigEntry("session.model_external_initializers_file_folder_path", weights.toString());
            // Two sessions and a line that mostly waits: threads that spin would take both cores from everyone else.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            return environment.createSession(graph, options);
        } catch (OrtException e) {
            throw new EngineException.CallFailed("createSession " + name, e);
        }
    }

    /** Runs a session; the outputs by name, the caller's. */
    Map<String, OnnxTensor> run(String name, OrtSession session, Map<String, OnnxTensor> inputs) {
        try {
            // The result is not closed: that would close the tensors, which live on.
            OrtSession.Result result = session.run(inputs);
            var tensors = new LinkedHashMap<String, OnnxTensor>();
            for (Map.Entry<String, OnnxValue> output : result) {
                tensors.put(output.getKey(), (OnnxTensor) output.getValue());
            }
            return tensors;
        } catch (OrtException e) {
            throw new EngineException.CallFailed("run " + name, e);
        }
    }

    /** A tensor over direct memory, which must outlive it, or over a copy of heap memory. */
    OnnxTensor floats(FloatBuffer values, long... shape) {
        try {
            return OnnxTensor.createTensor(environment, values, shape);
        } catch (OrtException e) {
            throw new EngineException.CallFailed("createTensor", e);
        }
    }

    OnnxTensor longs(LongBuffer values, long... shape) {
        try {
            return OnnxTensor.createTensor(environment, values, shape);
        } catch (OrtException e) {
            throw new EngineException.CallFailed("createTensor", e);
        }
    }

    /** A copy of a tensor's numbers. */
    static float[] floatsOf(OnnxTensor tensor) {
        FloatBuffer buffer = tensor.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** Copies a tensor's numbers and closes it. */
    static float[] takeFloats(OnnxTensor tensor) {
        try (tensor) {
            return floatsOf(tensor);
        }
    }

    static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new EngineException.CallFailed("close", e);
        }
    }
}

package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.ModelConfig;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Attention in operators that ONNX Runtime knows: keys and values of earlier tokens come in, those of all go out. */
final class WrittenOutPass implements TextPass {

    private final Ort ort;
    private final ModelConfig.Text config;
    private final OrtSession session;

    WrittenOutPass(Ort ort, EngineFolder folder) {
        this.ort = ort;
        this.config = folder.config().text();
        this.session = ort.session("text", folder.textGraph(), folder.weightsFolder(), 2);
    }

    /** @param tensors keys and values of each layer in turn */
    private record Present(List<OnnxTensor> tensors, int length) implements Kept {

        @Override
        public void close() {
            tensors.forEach(OnnxTensor::close);
        }
    }

    @Override
    public Kept none() {
        var tensors = new ArrayList<OnnxTensor>();
        for (int i = 0; i < 2 * config.layers(); i++) {
            tensors.add(ort.floats(FloatBuffer.allocate(0), 1, config.kvHeads(), 0, config.headSize()));
        }
        return new Present(tensors, 0);
    }

    @Override
    public int rows(int tokens) {
        return tokens;
    }

    @Override
    public Told read(Inputs inputs, Kept before, Looking looking, int rows, long[] asked) {
        Present past = (Present) before;
        for (int layer = 0; layer < config.layers(); layer++) {
            inputs.lend("past_key." + layer, past.tensors.get(2 * layer));
            inputs.lend("past_value." + layer, past.tensors.get(2 * layer + 1));
        }
        inputs.floats("attention_mask", mask(looking, past.length, rows), 1, 1, rows, past.length + rows);
        inputs.longs("logits_index", asked, asked.length);
        Map<String, OnnxTensor> outputs = ort.run("text", session, inputs.tensors());
        var present = new ArrayList<OnnxTensor>();
        for (int layer = 0; layer < config.layers(); layer++) {
            present.add(Objects.requireNonNull(outputs.get("present_key." + layer)));
            present.add(Objects.requireNonNull(outputs.get("present_value." + layer)));
        }
        float[] logits = Ort.takeFloats(Objects.requireNonNull(outputs.get("logits")));
        return new Told(logits, new Present(present, past.length + rows));
    }

    /** What the bits say, as numbers that are added to scores. */
    private static float[] mask(Looking looking, int past, int rows) {
        MemorySegment bits = MemorySegment.ofArray(new int[(int) Looking.bytes(rows) / Integer.BYTES]);
        looking.write(bits, rows);
        int words = (int) Looking.bytes(rows) / rows / Integer.BYTES;
        float[] mask = new float[rows * (past + rows)];
        for (int row = 0; row < rows; row++) {
            for (int other = 0; other < rows; other++) {
                int word = bits.getAtIndex(ValueLayout.JAVA_INT, (long) row * words + other / Integer.SIZE);
                boolean isSeen = (word >> other % Integer.SIZE & 1) == 1;
                mask[row * (past + rows) + past + other] = isSeen ? 0 : Mask.HIDDEN;
            }
        }
        return mask;
    }

    @Override
    public float[] suffix(Inputs inputs, Kept before, Looking looking, int rows, long[] asked) {
        Told told = read(inputs, before, looking, rows, asked);
        told.kept().close();
        return told.logits();
    }

    @Override
    public void close() {
        Ort.close(session);
    }
}

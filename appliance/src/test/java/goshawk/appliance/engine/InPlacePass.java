package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.ModelConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The graph that TensorRT is given, told where keys and values lie as a device is told, with {@link CachedAttention} in the place
 * of kernels: a run of the rest for each layer, of which that layer's projections count, and one for the logits. Memory that
 * no token was written to holds no numbers, so that whoever reads it is found out.
 */
final class InPlacePass implements TextPass {

    /** More rows than tokens, of which nothing may come. */
    private static final int STEP = 8;

    /** Of continuations, in one pass. */
    private static final int UNKEPT = 2048;

    private static final byte NO_NUMBER = (byte) 0xff;

    private final Ort ort;
    private final ModelConfig.Text config;
    private final CutGraph graph;
    private final OrtSession session;
    private final GivenMatrices given;
    private final KeysAndValues.Layout layout;
    private final KeysAndValues unkept;

    InPlacePass(Ort ort, EngineFolder folder) throws OrtException {
        this.ort = ort;
        this.config = folder.config().text();
        this.graph = CutGraph.of(folder.textGraph());
        this.session = ort.session("text", graph.onnx(), folder.weightsFolder(), 2);
        this.given = new GivenMatrices(folder, session, graph.unpacked());
        this.layout = new KeysAndValues.Layout(config.layers(), config.kvHeads(), Float.BYTES * config.headSize());
        this.unkept = room(layout.ofOneLayer(), UNKEPT);
        unkept.hold();
    }

    private static KeysAndValues room(KeysAndValues.Layout layout, int tokens) {
        Arena arena = Arena.ofConfined();
        MemorySegment memory = arena.allocate(layout.bytes(tokens), Long.BYTES).fill(NO_NUMBER);
        return new KeysAndValues(memory.address(), tokens, layout, arena::close);
    }

    private record Said(KeysAndValues place, int length) implements Kept {

        Said {
            place.hold();
        }

        @Override
        public void close() {
            place.release();
        }
    }

    @Override
    public Kept none() {
        return new Said(room(layout, 0), 0);
    }

    /** A token by itself is decoded. */
    @Override
    public int rows(int tokens) {
        return tokens == 1 ? 1 : Math.ceilDiv(tokens, STEP) * STEP;
    }

    @Override
    public Told read(Inputs inputs, Kept before, Looking looking, int rows, long[] asked) {
        Said past = (Said) before;
        int tokens = looking.parents().length;
        KeysAndValues place = past.place;
        if (!place.canAppend(past.length, tokens)) {
            int most = past.length + 2 * tokens;
            place = room(layout, KeysAndValues.capacity(most, most));
            place.begin(past.place, past.length, InPlacePass::copy);
        }
        var after = new Said(place, past.length + tokens);
        return new Told(logits(inputs, looking, place.append(tokens), rows, asked), after);
    }

    private static void copy(long to, long toPitch, long from, long fromPitch, long width, long rows) {
        for (long row = 0; row < rows; row++) {
            MemorySegment.ofAddress(to + row * toPitch)
                    .reinterpret(width)
                    .copyFrom(MemorySegment.ofAddress(from + row * fromPitch).reinterpret(width));
        }
    }

    @Override
    public float[] suffix(Inputs inputs, Kept before, Looking looking, int rows, long[] asked) {
        Said past = (Said) before;
        AttentionPlaces places = past.place.aside(past.length, unkept, looking.parents().length);
        return logits(inputs, looking, places, rows, asked);
    }

    private float[] logits(Inputs inputs, Looking looking, AttentionPlaces places, int rows, long[] asked) {
        MemorySegment told = MemorySegment.ofArray(new long[AttentionPlaces.BYTES / Long.BYTES]);
        places.write(told);
        MemorySegment sees = MemorySegment.ofArray(new int[(int) Looking.bytes(rows) / Integer.BYTES]);
        looking.write(sees, rows);
        inputs.longs("logits_index", asked, asked.length);
        given.lendTo(inputs);
        int queries = config.heads() * config.headSize();
        for (CutGraph.Node attention : graph.attention()) {
            inputs.floats(attention.result(), new float[rows * queries], rows, queries);
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            CutGraph.Node attention = graph.attention().get(layer);
            Map<String, OnnxTensor> outputs = ort.run("text", session, inputs.tensors());
            List<float[]> read = attention.operands().subList(0, 4).stream()
                    .map(name -> Ort.floatsOf(Objects.requireNonNull(outputs.get(name), name)))
                    .toList();
            outputs.values().forEach(OnnxTensor::close);
            var operands = new CachedAttention.Operands(
                    read.get(0), read.get(1), read.get(2), read.get(3), numbers(inputs, "cos"), numbers(inputs, "sin"));
            float[] attended = new CachedAttention(config, told, layer).attended(operands, sees, rows);
            inputs.floats(attention.result(), attended, rows, queries);
        }
        Map<String, OnnxTensor> outputs = ort.run("text", session, inputs.tensors());
        float[] logits = Ort.floatsOf(Objects.requireNonNull(outputs.get("logits")));
        outputs.values().forEach(OnnxTensor::close);
        return Arrays.copyOf(logits, asked.length * config.vocabulary());
    }

    private static float[] numbers(Inputs inputs, String name) {
        return Ort.floatsOf(Objects.requireNonNull(inputs.tensors().get(name), name));
    }

    @Override
    public void close() {
        unkept.release();
        given.close();
        Ort.close(session);
    }
}

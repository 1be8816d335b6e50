package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.TargetProfile;
import goshawk.trtbuild.VisionTables;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The model on ONNX Runtime's CPU provider: two sessions, vision and text. What it makes is memory of the runtime, and no
 * {@code ai.onnxruntime} type leaves this package.
 */
final class OnnxModel implements NativeModel {

    private static final long ALWAYS_FREE = 256L << 20;
    private static final Pass ANY = new Pass(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final Ort ort;
    private final OrtSession vision;
    private final OrtSession text;
    private final ModelConfig config;
    private final OnnxTensor nothingSeen;
    private final Inputs inputs;
    private final ActivationObserver observer;
    private FloatBuffer logits = FloatBuffer.allocate(0);

    private OnnxModel(Ort ort, OrtSession vision, OrtSession text, ModelConfig config, ActivationObserver observer) {
        this.ort = ort;
        this.vision = vision;
        this.text = text;
        this.config = config;
        this.observer = observer;
        this.inputs = new Inputs(ort);
        this.nothingSeen = ort.floats(FloatBuffer.allocate(levels() * hidden()), levels(), 1, hidden());
    }

    static EngineIdentity identity(EngineFolder folder) {
        return new EngineIdentity(
                folder.manifest().checkpoint().name(),
                folder.hash(),
                "fp32 arithmetic, weights " + folder.manifest().precision(),
                "ONNX Runtime " + new Ort().version() + ", CPU");
    }

    /**
     * @param threads of one computation
     * @param observer told of what linear layers read, if the graphs tell
     * @throws EngineException if the runtime refuses the graphs
     */
    static OnnxModel load(EngineFolder folder, int threads, ActivationObserver observer) {
        var releases = new Releases();
        try {
            Ort ort = new Ort();
            OrtSession vision = releases.own(
                    ort.session("vision", folder.visionGraph(), folder.weightsFolder(), threads), Ort::close);
            OrtSession text =
                    releases.own(ort.session("text", folder.textGraph(), folder.weightsFolder(), threads), Ort::close);
            return new OnnxModel(ort, vision, text, folder.config(), observer);
        } catch (RuntimeException e) {
            releases.closeAfter(e);
            throw e;
        }
    }

    @Override
    public long freeBytes() {
        return MemoryNeed.freeBytes();
    }

    /** Small pictures are not worth the question; a large one that does not fit would end the process. */
    @Override
    public boolean hasRoom(long bytes) {
        return bytes <= ALWAYS_FREE || NativeModel.super.hasRoom(bytes);
    }

    @Override
    public Pass pass() {
        return ANY;
    }

    @Override
    public Seen see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables) {
        int perFrame = rows * columns;
        int count = frames * perFrame;
        int half = config.vision().headSize() / 2;
        inputs.clear();
        inputs.floats("pixel_values", pixels, count, config.vision().patchSize());
        inputs.longs("position_index", tables.index(), count, 4);
        inputs.floats("position_weight", tables.weight(), count, 4, 1);
        inputs.floats("cos", tables.cos(), perFrame, half);
        inputs.floats("sin", tables.sin(), perFrame, half);
        int merge = config.vision().merge();
        return new Seen(taken(run("vision", vision), "vision_features"), count / (merge * merge));
    }

    @Override
    public Past nothing() {
        var past = new ArrayList<OnnxTensor>();
        ModelConfig.Text sizes = config.text();
        for (int i = 0; i < 2 * sizes.layers(); i++) {
            past.add(ort.floats(FloatBuffer.allocate(0), 1, sizes.kvHeads(), 0, sizes.headSize()));
        }
        return new Said(past, 0);
    }

    @Override
    public Past prefill(Past past, Words words, boolean[] isSeen, List<Features> pictures) {
        Said before = (Said) past;
        int count = words.ids().length;
        inputs.clear();
        putSeen(isSeen, pictures.stream().map(Seen.class::cast).toList());
        put(before, words);
        putMask(
                before.length,
                count,
                (row, mask, from) -> Arrays.fill(mask, from + row + 1, from + count, Mask.HIDDEN));
        return new Said(read(count - 1), before.length + count);
    }

    @Override
    public Past decode(Past past, Words word) {
        return prefill(past, word, new boolean[1], List.of());
    }

    @Override
    public FloatBuffer suffix(Past past, Words words, ContinuationTree tree) {
        Said before = (Said) past;
        int count = words.ids().length;
        inputs.clear();
        putSeen(new boolean[count], List.of());
        put(before, words);
        putMask(before.length, count, tree::hide);
        read(tree.ends()).forEach(OnnxTensor::close);
        return logits;
    }

    @Override
    public FloatBuffer logits() {
        return logits;
    }

    /**
     * Reads what was put.
     *
     * @param asked new tokens of which the logits are told
     * @return keys and values of each layer in turn
     */
    private List<OnnxTensor> read(long... asked) {
        inputs.longs("logits_index", asked, asked.length);
        Map<String, OnnxTensor> outputs = run("text", text);
        try (OnnxTensor told = taken(outputs, "logits")) {
            logits = told.getFloatBuffer();
        }
        var present = new ArrayList<OnnxTensor>();
        for (int i = 0; i < config.text().layers(); i++) {
            present.add(taken(outputs, "present_key." + i));
            present.add(taken(outputs, "present_value." + i));
        }
        return present;
    }

    /** New tokens behind {@code before}, all but what is seen of pictures and of each other. */
    private void put(Said before, Words words) {
        int count = words.ids().length;
        int half = config.text().headSize() / 2;
        inputs.longs("input_ids", Arrays.stream(words.ids()).asLongStream().toArray(), count);
        inputs.floats("cos", words.cos(), count, half);
        inputs.floats("sin", words.sin(), count, half);
        for (int i = 0; i < config.text().layers(); i++) {
            inputs.lend("past_key." + i, before.tensors.get(2 * i));
            inputs.lend("past_value." + i, before.tensors.get(2 * i + 1));
        }
    }

    /** Hides from a new token those of the new ones that it may not see: {@code mask[from]} is the first of them. */
    private interface Hiding {
        void in(int row, float[] mask, int from);
    }

    private void putMask(int before, int count, Hiding hiding) {
        int total = before + count;
        float[] mask = new float[count * total];
        for (int row = 0; row < count; row++) {
            hiding.in(row, mask, row * total + before);
        }
        inputs.floats("attention_mask", mask, 1, 1, count, total);
    }

    private void putSeen(boolean[] isSeen, List<Seen> pictures) {
        long[] index = new long[isSeen.length];
        float[] mask = new float[isSeen.length];
        long next = 0;
        for (int i = 0; i < isSeen.length; i++) {
            if (isSeen[i]) {
                index[i] = next++;
                mask[i] = 1;
            }
        }
        inputs.longs("vision_index", index, index.length);
        inputs.floats("vision_mask", mask, mask.length, 1);
        switch (pictures.size()) {
            case 0 -> inputs.lend("vision_features", nothingSeen);
            case 1 -> inputs.lend("vision_features", pictures.getFirst().features);
            default -> putJoined(pictures);
        }
    }

    /** Several pictures' features one behind the other, level by level. */
    private void putJoined(List<Seen> pictures) {
        int rows = pictures.stream().mapToInt(it -> it.tokens).sum();
        float[] all = new float[levels() * rows * hidden()];
        int row = 0;
        for (Seen picture : pictures) {
            float[] one = picture.numbers();
            int length = picture.tokens * hidden();
            for (int level = 0; level < levels(); level++) {
                System.arraycopy(one, level * length, all, (level * rows + row) * hidden(), length);
            }
            row += picture.tokens;
        }
        inputs.floats("vision_features", all, levels(), rows, hidden());
    }

    private int levels() {
        return 1 + config.vision().taps().size();
    }

    private int hidden() {
        return config.text().hidden();
    }

    /** Runs a session on the inputs; what it tells of its layers goes to the observer. */
    private Map<String, OnnxTensor> run(String name, OrtSession session) {
        Map<String, OnnxTensor> outputs = ort.run(name, session, inputs.tensors());
        List<String> told = outputs.keySet().stream()
                .filter(output -> output.startsWith(TargetProfile.OBSERVED))
                .map(output -> output.substring(TargetProfile.OBSERVED.length()))
                .toList();
        for (String linear : told) {
            float[] largest = Ort.takeFloats(taken(outputs, TargetProfile.OBSERVED + linear));
            OnnxTensor mean = outputs.remove(TargetProfile.MEAN + linear);
            observer.saw(linear, largest, mean == null ? new float[0] : Ort.takeFloats(mean));
        }
        return outputs;
    }

    /** An output, which is the caller's then. */
    private static OnnxTensor taken(Map<String, OnnxTensor> outputs, String name) {
        OnnxTensor tensor = outputs.remove(name);
        if (tensor == null) {
            throw new EngineException("run: the graph has no output %s, only %s".formatted(name, outputs.keySet()));
        }
        return tensor;
    }

    @Override
    public void close() {
        var releases = new Releases();
        releases.own(vision, Ort::close);
        releases.own(text, Ort::close);
        releases.own(nothingSeen, OnnxTensor::close);
        releases.own(inputs, Inputs::close);
        releases.close();
    }

    static final class Seen implements Features {

        private final OnnxTensor features;
        private final int tokens;

        private Seen(OnnxTensor features, int tokens) {
            this.features = features;
            this.tokens = tokens;
        }

        /** {@code [1 + taps, tokens, hidden]}. */
        float[] numbers() {
            return Ort.floatsOf(features);
        }

        @Override
        public void close() {
            features.close();
        }
    }

    private static final class Said implements Past {

        /** Keys and values of each layer in turn. */
        private final List<OnnxTensor> tensors;

        private final int length;

        private Said(List<OnnxTensor> tensors, int length) {
            this.tensors = tensors;
            this.length = length;
        }

        @Override
        public void close() {
            tensors.forEach(OnnxTensor::close);
        }
    }
}

package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.TargetProfile;
import goshawk.trtbuild.TextPositions;
import goshawk.trtbuild.VisionTables;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The model on ONNX Runtime's CPU provider: two sessions, vision and text.
 *
 * <p>Belongs to the thread that opened it; any other thread is refused. Every native failure becomes an {@link
 * EngineException} that names the call, and no {@code ai.onnxruntime} type leaves this package. What {@link #see} and
 * {@link #read} return is memory of the runtime; closing the engine while some of it is out is refused, because a leak
 * is a bug and must be loud.
 */
final class OnnxEngine implements Engine {

    /** Added to the score of what a token may not see. */
    static final float HIDDEN = -1e9f;

    private static final long ALWAYS_FREE = 256L << 20;

    private final OwnerThread owner = new OwnerThread();
    private final Ort ort;
    private final OrtSession vision;
    private final OrtSession text;
    private final ModelConfig config;
    private final Preflight preflight;
    private final EngineIdentity identity;
    private final OnnxTensor nothingSeen;
    private final Inputs inputs;
    private final ContextLimit limit;
    private final ActivationObserver observer;
    private int out;

    private OnnxEngine(
            Ort ort,
            OrtSession vision,
            OrtSession text,
            EngineFolder folder,
            ContextLimit limit,
            ActivationObserver observer) {
        this.ort = ort;
        this.observer = observer;
        this.limit = limit;
        this.vision = vision;
        this.text = text;
        this.config = folder.config();
        this.preflight = new Preflight(config);
        this.inputs = new Inputs(ort);
        this.identity = identity(folder, ort);
        int levels = 1 + config.vision().taps().size();
        int hidden = config.text().hidden();
        this.nothingSeen = ort.floats(FloatBuffer.allocate(levels * hidden), levels, 1, hidden);
    }

    static EngineIdentity identity(EngineFolder folder) {
        return identity(folder, new Ort());
    }

    private static EngineIdentity identity(EngineFolder folder, Ort ort) {
        return new EngineIdentity(
                folder.manifest().checkpoint().name(),
                folder.hash(),
                "fp32 arithmetic, weights " + folder.manifest().precision(),
                "ONNX Runtime " + ort.version() + ", CPU");
    }

    static OnnxEngine open(EngineFolder folder, int threads, OptionalInt context) {
        return open(folder, threads, context, (_, _, _) -> {});
    }

    static OnnxEngine open(EngineFolder folder, int threads, OptionalInt context, ActivationObserver observer) {
        var releases = new Releases();
        try {
            Ort ort = new Ort();
            OrtSession vision = releases.own(
                    ort.session("vision", folder.visionGraph(), folder.weightsFolder(), threads), Ort::close);
            OrtSession text =
                    releases.own(ort.session("text", folder.textGraph(), folder.weightsFolder(), threads), Ort::close);
            // With the weights loaded, what is free now is what conversations can have.
            ContextLimit limit = ContextLimit.of(folder.config(), context, MemoryNeed.freeBytes());
            return new OnnxEngine(ort, vision, text, folder, limit, observer);
        } catch (RuntimeException e) {
            releases.closeAfter(e);
            throw e;
        }
    }

    @Override
    public EngineIdentity identity() {
        return identity;
    }

    @Override
    public PictureFeatures see(Patches patches) {
        owner.require();
        ModelConfig.Vision sizes = config.vision();
        int perFrame = patches.gridH() * patches.gridW();
        int count = patches.gridT() * perFrame;
        preflight.requireWhole(patches.pixels().length, count);
        requireRoom(count);
        VisionTables tables = preflight.tables(patches.gridT(), patches.gridH(), patches.gridW());
        int half = sizes.headSize() / 2;
        inputs.clear();
        inputs.floats("pixel_values", patches.pixels(), count, sizes.patchSize());
        inputs.longs("position_index", tables.index(), count, 4);
        inputs.floats("position_weight", tables.weight(), count, 4, 1);
        inputs.floats("cos", tables.cos(), perFrame, half);
        inputs.floats("sin", tables.sin(), perFrame, half);
        OnnxTensor features = output(run("vision", vision), "vision_features");
        out++;
        return new Seen(features, preflight.places(patches.gridT(), patches.gridH(), patches.gridW()));
    }

    /** What the vision tower sees, {@code [1 + taps, tokens, hidden]}; for tests. */
    float[] features(Patches patches) {
        try (Seen seen = (Seen) see(patches)) {
            return Ort.floatsOf(seen.features);
        }
    }

    @Override
    public Context start() {
        owner.require();
        var past = new ArrayList<OnnxTensor>();
        ModelConfig.Text sizes = config.text();
        for (int i = 0; i < 2 * sizes.layers(); i++) {
            past.add(ort.floats(FloatBuffer.allocate(0), 1, sizes.kvHeads(), 0, sizes.headSize()));
        }
        out++;
        return new Said(past, 0, 0);
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        owner.require();
        Said before = (Said) past;
        List<Seen> seen = pictures.stream().map(Seen.class::cast).toList();
        TextPositions positions = preflight.positions(
                tokens,
                before.position,
                seen.stream().flatMap(it -> it.places.stream()).toList());
        int count = tokens.length;
        limit.check(before.length + count, positions.next());
        inputs.clear();
        putSeen(tokens, seen);
        putWords(before, tokens, preflight.angles(positions));
        putMask(before.length, count, (row, mask, from) -> Arrays.fill(mask, from + row + 1, from + count, HIDDEN));
        inputs.longs("logits_index", new long[] {count - 1}, 1);
        Map<String, OnnxTensor> outputs = run("text", text);
        float[] logits = Ort.takeFloats(output(outputs, "logits"));
        out++;
        return new Step(new Said(present(outputs), before.length + count, positions.next()), logits);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        return ask(past, continuations, Logits::all);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return ask(past, continuations, row -> Logits.of(row, tokens));
    }

    /** @param told what is told of each continuation's logits */
    private List<float[]> ask(Context past, List<int[]> continuations, Function<FloatBuffer, float[]> told) {
        owner.require();
        Said before = (Said) past;
        var tree = ContinuationTree.of(continuations);
        int[] tokens = tree.tokens();
        TextPositions positions = preflight.positions(tree, before.position);
        limit.check(before.length + tokens.length, positions.next());
        inputs.clear();
        putSeen(tokens, List.of());
        putWords(before, tokens, preflight.angles(positions));
        putMask(before.length, tokens.length, tree::hide);
        inputs.longs("logits_index", tree.ends(), continuations.size());
        Map<String, OnnxTensor> outputs = run("text", text);
        present(outputs).forEach(OnnxTensor::close);
        try (OnnxTensor logits = output(outputs, "logits")) {
            FloatBuffer all = logits.getFloatBuffer();
            int vocabulary = all.remaining() / continuations.size();
            return IntStream.range(0, continuations.size())
                    .mapToObj(i -> told.apply(all.slice(i * vocabulary, vocabulary)))
                    .toList();
        }
    }

    /** New tokens behind {@code before}, all but what is seen of pictures and of each other. */
    private void putWords(Said before, int[] tokens, Preflight.Angles angles) {
        int count = tokens.length;
        int half = config.text().headSize() / 2;
        inputs.longs("input_ids", ids(tokens), count);
        inputs.floats("cos", angles.cos(), count, half);
        inputs.floats("sin", angles.sin(), count, half);
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

    private List<OnnxTensor> present(Map<String, OnnxTensor> outputs) {
        var present = new ArrayList<OnnxTensor>();
        for (int i = 0; i < config.text().layers(); i++) {
            present.add(output(outputs, "present_key." + i));
            present.add(output(outputs, "present_value." + i));
        }
        return present;
    }

    /** Frees the sessions, unless a context or features are still out. */
    @Override
    public void close() {
        owner.require();
        if (out != 0) {
            throw new IllegalStateException(out + " contexts or picture features never closed");
        }
        var releases = new Releases();
        releases.own(vision, Ort::close);
        releases.own(text, Ort::close);
        releases.own(nothingSeen, OnnxTensor::close);
        releases.own(inputs, Inputs::close);
        releases.close();
    }

    /** Runs a session on the inputs; what it tells of its layers goes to the observer. */
    private Map<String, OnnxTensor> run(String name, OrtSession session) {
        Map<String, OnnxTensor> outputs = ort.run(name, session, inputs.tensors());
        List<String> told = outputs.keySet().stream()
                .filter(output -> output.startsWith(TargetProfile.OBSERVED))
                .map(output -> output.substring(TargetProfile.OBSERVED.length()))
                .toList();
        for (String linear : told) {
            float[] largest = taken(outputs, TargetProfile.OBSERVED + linear);
            observer.saw(linear, largest, taken(outputs, TargetProfile.MEAN + linear));
        }
        return outputs;
    }

    /** An output's numbers, and it is gone from among them; empty where there is none. */
    private static float[] taken(Map<String, OnnxTensor> outputs, String name) {
        OnnxTensor tensor = outputs.remove(name);
        return tensor == null ? new float[0] : Ort.takeFloats(tensor);
    }

    private static OnnxTensor output(Map<String, OnnxTensor> outputs, String name) {
        OnnxTensor tensor = outputs.get(name);
        if (tensor == null) {
            throw new EngineException("run: the graph has no output %s, only %s".formatted(name, outputs.keySet()));
        }
        return tensor;
    }

    /** A picture that does not fit would end the process; small ones are not worth the question. */
    private void requireRoom(long patches) {
        long needed =
                MemoryNeed.besideWeights(config, MemoryNeed.Target.CPU_FP32).vision(patches);
        if (needed > ALWAYS_FREE && needed > MemoryNeed.freeBytes()) {
            throw Preflight.noRoom(patches, needed, MemoryNeed.freeBytes());
        }
    }

    private void putSeen(int[] tokens, List<Seen> seen) {
        long[] index = new long[tokens.length];
        float[] mask = new float[tokens.length];
        long next = 0;
        for (int i = 0; i < tokens.length; i++) {
            if (config.tokens().isPicture(tokens[i])) {
                index[i] = next++;
                mask[i] = 1;
            }
        }
        inputs.longs("vision_index", index, tokens.length);
        inputs.floats("vision_mask", mask, tokens.length, 1);
        switch (seen.size()) {
            case 0 -> inputs.lend("vision_features", nothingSeen);
            case 1 -> inputs.lend("vision_features", seen.getFirst().features);
            default -> putJoined(seen);
        }
    }

    /** Several pictures' features one behind the other, level by level. */
    private void putJoined(List<Seen> seen) {
        int levels = 1 + config.vision().taps().size();
        int hidden = config.text().hidden();
        int rows = seen.stream().mapToInt(Seen::tokens).sum();
        float[] all = new float[levels * rows * hidden];
        int row = 0;
        for (Seen picture : seen) {
            float[] one = Ort.floatsOf(picture.features);
            int length = picture.tokens() * hidden;
            for (int level = 0; level < levels; level++) {
                System.arraycopy(one, level * length, all, (level * rows + row) * hidden, length);
            }
            row += picture.tokens();
        }
        inputs.floats("vision_features", all, levels, rows, hidden);
    }

    private long[] ids(int[] tokens) {
        preflight.requireKnown("read", tokens);
        return Arrays.stream(tokens).asLongStream().toArray();
    }

    private final class Seen implements PictureFeatures {

        private final OnnxTensor features;
        private final List<TextPositions.Frame> places;

        Seen(OnnxTensor features, List<TextPositions.Frame> places) {
            this.features = features;
            this.places = places;
        }

        @Override
        public int tokens() {
            return places.stream()
                    .mapToInt(place -> place.rows() * place.columns())
                    .sum();
        }

        @Override
        public void close() {
            owner.require();
            if (!features.isClosed()) {
                features.close();
                out--;
            }
        }
    }

    private final class Said implements Context {

        /** Keys and values of each layer in turn. */
        private final List<OnnxTensor> tensors;

        private final int length;
        private final int position;

        Said(List<OnnxTensor> tensors, int length, int position) {
            this.tensors = List.copyOf(tensors);
            this.length = length;
            this.position = position;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public long bytes() {
            ModelConfig.Text sizes = config.text();
            return 4L * 2 * sizes.layers() * sizes.kvHeads() * sizes.headSize() * length;
        }

        @Override
        public void close() {
            owner.require();
            if (!tensors.getFirst().isClosed()) {
                tensors.forEach(OnnxTensor::close);
                out--;
            }
        }
    }
}

package goshawk.trtbuild.tensorrt;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The first half of an MLP in E4M3, {@value #NAME}: {@code silu(x · gateᵀ) · (x · upᵀ)}, whose sums never leave a multiprocessor. Inputs: {@code x [rows, hidden]}
 * and {@code weights [2 · mlp, hidden]} in E4M3, gate's rows and up's behind them; {@code scales [2, mlp]}, {@code scale [1]} and {@code mixed_scale [1]} in BF16:
 * of the weights' rows, of x, and what the result is divided by, which is {@code [rows, mlp]} in E4M3.
 */
final class GatedMlp implements Operator {

    static final String NAME = "GatedMlp";

    private static final int X = 0;
    private static final int WEIGHTS = 1;
    private static final int SCALES = 2;
    private static final int SCALE = 3;
    private static final int MIXED_SCALE = 4;

    private static final List<Input> INPUTS = List.of(
            new Input("x", TensorDesc.FP8),
            new Input("weights", TensorDesc.FP8),
            new Input("scales", TensorDesc.BF16),
            new Input("scale", TensorDesc.BF16),
            new Input("mixed_scale", TensorDesc.BF16));

    /** What computes it. */
    @FunctionalInterface
    interface Kernels {

        /**
         * Queues the computation on a stream, which may be recording.
         *
         * @param rows at least 1
         * @param inputs where the addresses of the inputs stand; those are the device's, as is the output's
         */
        void launch(int rows, long inputs, long output, long stream);
    }

    private final OperatorSizes sizes;
    private final Kernels kernels;

    GatedMlp(OperatorSizes sizes, Kernels kernels) {
        this.sizes = sizes;
        this.kernels = kernels;
    }

    /** With a kernel, on the device for as long as the process lives. */
    static GatedMlp of(Kernel.Module module, OperatorSizes sizes) {
        Kernel kernel = module.kernel("gatedMany", GatedLaunch.mostSharedBytes());
        int multiprocessors = Device.multiprocessors();
        ThreadLocal<Operands> operands = ThreadLocal.withInitial(Operands::new);
        return new GatedMlp(sizes, (rows, inputs, output, stream) -> {
            GatedLaunch launch = GatedLaunch.of(rows, sizes.mlp(), multiprocessors);
            Operands own = operands.get();
            own.set(sizes, rows, launch.high(), inputs, output);
            kernel.launch(launch.grid(), own.list, stream, false);
        });
    }

    /** What one thread passes to the kernel. */
    private static final class Operands {

        /** Bytes of a row that are fetched at once, and rows of weights that lie together. */
        private static final int DEPTH = 128;

        private static final int TOGETHER = 8;

        /** Boxes of x are halves of a tile: each block of a cluster fetches one for both. */
        private static final int HALVES = 2;

        private static final int OUTPUT = 5;
        private static final int ROWS = 6;
        private static final int HIGH = 7;
        private static final int VALUES = 8;

        private final TensorMap x = new TensorMap();
        private final TensorMap weights = new TensorMap();
        private final KernelOperands values = new KernelOperands(VALUES);
        private final PointerPointer<Pointer> list =
                values.list(List.of(x.memory(), weights.memory()), SCALES, SCALE, MIXED_SCALE, OUTPUT, ROWS, HIGH);

        void set(OperatorSizes sizes, int rows, int high, long inputs, long output) {
            for (int i = SCALES; i < INPUTS.size(); i++) {
                values.set(i, RawMemory.getLong(inputs, i));
            }
            values.set(OUTPUT, output);
            values.set(ROWS, rows);
            values.set(HIGH, high);
            long hidden = sizes.hidden();
            long mlp = sizes.mlp();
            x.set(RawMemory.getLong(inputs, X), new long[] {hidden, rows}, new long[] {hidden}, new int[] {
                DEPTH, high / HALVES
            });
            weights.set(
                    RawMemory.getLong(inputs, WEIGHTS),
                    new long[] {hidden, TOGETHER, 2, mlp / TOGETHER},
                    new long[] {hidden, mlp * hidden, TOGETHER * hidden},
                    new int[] {DEPTH, TOGETHER, 2, TOGETHER});
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<Input> inputs() {
        return INPUTS;
    }

    @Override
    public int outputType(int inputs) {
        return TensorDesc.FP8;
    }

    @Override
    public List<Size> outputSizes() {
        return List.of(new Size(X, 0), new Size(SCALES, 1));
    }

    @Override
    public void requireShapes(List<TensorDesc> inputs) {
        requireShape(inputs, X, -1, sizes.hidden());
        requireShape(inputs, WEIGHTS, 2L * sizes.mlp(), sizes.hidden());
        requireShape(inputs, SCALES, 2, sizes.mlp());
        requireShape(inputs, SCALE, 1);
        requireShape(inputs, MIXED_SCALE, 1);
    }

    /** @param wanted negative where any size will do */
    private static void requireShape(List<TensorDesc> inputs, int place, long... wanted) {
        long[] found = inputs.get(place).sizes();
        boolean fits = found.length == wanted.length;
        for (int i = 0; fits && i < wanted.length; i++) {
            fits = wanted[i] < 0 || found[i] == wanted[i];
        }
        if (!fits) {
            throw new IllegalArgumentException("%s is %s, want %s"
                    .formatted(INPUTS.get(place).name(), Arrays.toString(found), Arrays.toString(wanted)));
        }
    }

    @Override
    public void launch(long descs, TensorDesc output, long inputs, long address, long workspace, long stream) {
        int rows = (int) TensorDesc.of(descs, X).size(0);
        if (rows > 0) {
            kernels.launch(rows, inputs, address, stream);
        }
    }
}

package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.WeightForm;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * A matrix in BF16 from one in four bits, {@value #NAME}: for many tokens TensorRT multiplies what this makes. Inputs: {@code packed [out, in / 8]} in
 * INT32, eight numbers in each, from the lowest bits on; {@code scales [out, in / 128]} in BF16; {@code x [rows, in]}, what the matrix will be
 * multiplied with. That is not read: it makes TensorRT wait
 * with a matrix until what it is multiplied with is there, or all of them might be there at once.
 */
final class Int4Matrix implements Operator {

    static final String NAME = "Int4Matrix";

    private static final int PACKED = 0;
    private static final int SCALES = 1;
    private static final int X = 2;
    private static final int THREADS = 256;

    private static final List<Input> INPUTS = List.of(
            new Input("packed", TensorDesc.INT32),
            new Input("scales", TensorDesc.BF16),
            new Input("x", TensorDesc.BF16));

    /** What computes it: so many eights of numbers, on addresses of the device. */
    @FunctionalInterface
    interface Kernels {

        void launch(long packed, long scales, long matrix, int count, long stream);
    }

    private final Kernels kernels;

    Int4Matrix(Kernels kernels) {
        this.kernels = kernels;
    }

    /** With a kernel, on the device for as long as the process lives. */
    static Int4Matrix of(Kernel.Module module) {
        Kernel kernel = module.kernel("unpack");
        ThreadLocal<Operands> operands = ThreadLocal.withInitial(Operands::new);
        return new Int4Matrix((packed, scales, matrix, count, stream) -> {
            Operands own = operands.get();
            own.values.setAll(packed, scales, matrix, count);
            var grid = new Kernel.Grid(Math.ceilDiv(count, THREADS), 1, 1, THREADS, 0);
            kernel.launch(grid, own.list, stream, false);
        });
    }

    /** What one thread passes to the kernel. */
    private static final class Operands {

        private final KernelOperands values = new KernelOperands(4);
        private final PointerPointer<Pointer> list = values.list(0, 1, 2, 3);
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
        return TensorDesc.BF16;
    }

    @Override
    public List<Size> outputSizes() {
        return List.of(new Size(PACKED, 0), new Size(X, 1));
    }

    @Override
    public void requireShapes(List<TensorDesc> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).rank() != 2) {
                throw new IllegalArgumentException("%s has %d dimensions, want 2"
                        .formatted(INPUTS.get(i).name(), inputs.get(i).rank()));
            }
        }
        long out = inputs.get(PACKED).size(0);
        long in = inputs.get(X).size(1);
        boolean fits = in % WeightForm.INT4_BLOCK == 0
                && inputs.get(PACKED).size(1) == in / WeightForm.INT4_TOGETHER
                && inputs.get(SCALES).size(0) == out
                && inputs.get(SCALES).size(1) == in / WeightForm.INT4_BLOCK;
        if (!fits) {
            throw new IllegalArgumentException(
                    "packed is [%d, %d] and scales [%d, %d], want [out, %d / %d] and [out, %5$d / %d]"
                            .formatted(
                                    out,
                                    inputs.get(PACKED).size(1),
                                    inputs.get(SCALES).size(0),
                                    inputs.get(SCALES).size(1),
                                    in,
                                    WeightForm.INT4_TOGETHER,
                                    WeightForm.INT4_BLOCK));
        }
    }

    @Override
    public void launch(long descs, TensorDesc output, long inputs, long address, long workspace, long stream) {
        TensorDesc packed = TensorDesc.of(descs, PACKED);
        kernels.launch(
                RawMemory.getLong(inputs, PACKED),
                RawMemory.getLong(inputs, SCALES),
                address,
                Math.toIntExact(packed.size(0) * packed.size(1)),
                stream);
    }
}

package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.OperatorSizes;

/**
 * What a graph is written for. The definition of the model is one; these are the places where runtimes differ.
 *
 * @param name goes into the manifest
 * @param opset version of ONNX's standard operators
 * @param activations type of everything computed: FP32 on a CPU, whose provider has no BF16 kernels
 * @param operators which operators attention, normalisation and rotary embedding are written with
 * @param mostConstantBytes what a runtime makes a constant of when it casts a weight; ONNX Runtime stops short of 2 GiB and
 *     casts larger ones anew in every step
 * @param isObserved whether the graph also tells, for each linear layer, how large its input is, token by token: outputs
 *     {@link #OBSERVED} + the layer's name, {@code [rows]}; and, for those of {@link CentredInput}, the mean
 * @param isForDevice whether it is for a device that has no embedding table, and in the forms that TensorRT is fast with: what
 *     the first layer reads is an input, {@code words [S, hidden]} in the place of {@code input_ids}; a picture's frames come one
 *     by one; rows are chosen by a product
 * @param isGivenMatrices whether matrices of the text are inputs of its graph, by the names of the tensors, instead of constants, but for small ones in four bits:
 *     who runs the graph has them in memory where others read them, too
 * @param hasGatedMlp whether there is an operator of our own for the first half of an MLP in E4M3, as on Hopper
 */
public record TargetProfile(
        String name,
        int opset,
        ElementType activations,
        Operators operators,
        long mostConstantBytes,
        boolean isObserved,
        boolean isForDevice,
        boolean isGivenMatrices,
        boolean hasGatedMlp) {

    /** Begins the name of an output that tells of a layer's input. */
    public static final String OBSERVED = "largest:";

    private static final long GIBIBYTE = 1L << 30;

    /** Begins the name of an output with the mean of a layer's input over its rows, {@code [in]}, for some layers. */
    public static final String MEAN = "mean:";

    /** ONNX Runtime on a CPU: its own fused operators. */
    public static final TargetProfile CPU = new TargetProfile("cpu", 24, ElementType.F32, Operators.FUSED, GIBIBYTE);

    /** The same, and it tells how large activations become. */
    public static final TargetProfile CALIBRATION =
            new TargetProfile("calibration", 24, ElementType.F32, Operators.FUSED, GIBIBYTE, true, false, false, false);

    /**
     * Standard operators only, as TensorRT from 10.3 on parses them; ONNX Runtime runs it as well. Nobody runs a line with it:
     * it is the other engine of a machine without a GPU, which computes the same in another order, and which {@code engine
     * verify} and the parity of the graphs are tested with.
     */
    public static final TargetProfile PRIMITIVE =
            new TargetProfile("primitive", 21, ElementType.F32, Operators.PRIMITIVE, GIBIBYTE);

    /** TensorRT from 10.3 on: BF16, quantised layers as a {@link PrecisionPlan} has them, the table with the host, the text's matrices on the device. */
    public static final TargetProfile TENSORRT = new TargetProfile(
            "tensorrt", 21, ElementType.BF16, Operators.CACHED, Long.MAX_VALUE, false, true, true, false);

    /** The same for a model on a GPU, with all operators that there are for them. */
    static TargetProfile tensorRt(Gpu gpu, OperatorSizes sizes) {
        return new TargetProfile(
                TENSORRT.name,
                TENSORRT.opset,
                TENSORRT.activations,
                TENSORRT.operators,
                TENSORRT.mostConstantBytes,
                TENSORRT.isObserved,
                TENSORRT.isForDevice,
                TENSORRT.isGivenMatrices,
                gpu.isHopper() && sizes.hasGated());
    }

    /** A graph that tells of nothing but its results. */
    public TargetProfile(String name, int opset, ElementType activations, Operators operators, long mostConstantBytes) {
        this(name, opset, activations, operators, mostConstantBytes, false, false, false, false);
    }

    /** How the composed parts of a transformer are written. */
    public enum Operators {
        /** Matrix products, softmax and arithmetic, with an explicit attention mask. */
        PRIMITIVE,
        /**
         * The same, with one operator of our own for the text's attention: it appends keys and values where they lie, and what
         * it looks at besides is told by bits.
         */
        CACHED,
        /** One operator for attention and one for rotary embedding, both ONNX Runtime's own, and one for normalisation. */
        FUSED
    }
}

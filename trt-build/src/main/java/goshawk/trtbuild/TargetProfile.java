package goshawk.trtbuild;

/**
 * What a graph is written for. The definition of the model is one; these are the places where runtimes differ.
 *
 * @param name goes into the manifest
 * @param opset version of ONNX's standard operators
 * @param activations type of everything computed: FP32 on a CPU, whose provider has no BF16 kernels
 * @param operators which operators attention, normalisation and rotary embedding are written with
 * @param mostConstantBytes what a runtime makes a constant of when it casts a weight; ONNX Runtime stops short of 2 GiB and
 *     casts larger ones anew in every step
 */
public record TargetProfile(
        String name, int opset, ElementType activations, Operators operators, long mostConstantBytes) {

    private static final long GIBIBYTE = 1L << 30;

    /** ONNX Runtime on a CPU: its own fused operators. */
    public static final TargetProfile CPU = new TargetProfile("cpu", 24, ElementType.F32, Operators.FUSED, GIBIBYTE);

    /** Standard operators only, as TensorRT from 10.3 on parses them; ONNX Runtime runs it as well. */
    public static final TargetProfile PRIMITIVE =
            new TargetProfile("primitive", 21, ElementType.F32, Operators.PRIMITIVE, GIBIBYTE);

    /** How the composed parts of a transformer are written. */
    public enum Operators {
        /** Matrix products, softmax and arithmetic, with an explicit attention mask. */
        PRIMITIVE,
        /** One operator for attention and one for rotary embedding, both ONNX Runtime's own, and one for normalisation. */
        FUSED
    }
}

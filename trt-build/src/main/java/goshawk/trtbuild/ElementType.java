package goshawk.trtbuild;

import java.util.Arrays;
import java.util.Optional;

/** Element types of a safetensors file, with what ONNX calls them. */
public enum ElementType {
    F32(4, 1),
    BF16(2, 16),
    F16(2, 10),
    F8_E4M3(1, 17),
    F8_E5M2(1, 19),
    F64(8, 11),
    I64(8, 7),
    I32(4, 6),
    I16(2, 5),
    I8(1, 3),
    U64(8, 13),
    U32(4, 12),
    U16(2, 4),
    U8(1, 2),
    BOOL(1, 9);

    private final int bytes;
    private final int onnx;

    ElementType(int bytes, int onnx) {
        this.bytes = bytes;
        this.onnx = onnx;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The number of the type in an ONNX {@code TensorProto}. */
    int onnx() {
        return onnx;
    }

    /** Whether a graph can use such a tensor as it is or after a plain cast. */
    boolean isPlainFloat() {
        return this == F32 || this == BF16 || this == F16;
    }

    static Optional<ElementType> named(String dtype) {
        return Arrays.stream(values()).filter(type -> type.name().equals(dtype)).findFirst();
    }
}

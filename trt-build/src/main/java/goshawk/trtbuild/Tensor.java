package goshawk.trtbuild;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where one tensor lies.
 *
 * @param name as in the file's header
 * @param shape outermost dimension first; empty for a scalar
 * @param file the safetensors file
 * @param offset first byte, counted from the start of the file
 * @param bytes length in the file
 */
public record Tensor(String name, ElementType type, List<Long> shape, Path file, long offset, long bytes) {

    public Tensor {
        shape = List.copyOf(shape);
    }

    /** Number of elements. */
    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** The tensor that {@code count} rows of this matrix, or numbers of this vector, make from {@code first} on. */
    Tensor rows(long first, long count) {
        long row = bytes / shape.getFirst();
        return new Tensor(
                "%s[%d]".formatted(name, first),
                type,
                Stream.concat(Stream.of(count), shape.stream().skip(1)).toList(),
                file,
                offset + first * row,
                count * row);
    }
}

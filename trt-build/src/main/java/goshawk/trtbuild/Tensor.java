package goshawk.trtbuild;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
                "%s[%d]".formatted(name, first), type, shaped(count), file, offset + first * row, count * row);
    }

    /**
     * The tensor that matrices make that have the same columns and lie one below the other in a file, or vectors one behind the
     * other; empty if they do not.
     *
     * @param pieces at least one, none of them a scalar
     */
    static Optional<Tensor> joined(List<Tensor> pieces) {
        Tensor all = pieces.getFirst();
        for (Tensor next : pieces.subList(1, pieces.size())) {
            boolean isBelow = next.type == all.type
                    && next.file.equals(all.file)
                    && next.offset == all.offset + all.bytes
                    && next.rowShape().equals(all.rowShape());
            if (!isBelow) {
                return Optional.empty();
            }
            all = new Tensor(
                    all.name + "+" + next.name,
                    all.type,
                    all.shaped(all.shape.getFirst() + next.shape.getFirst()),
                    all.file,
                    all.offset,
                    all.bytes + next.bytes);
        }
        return Optional.of(all);
    }

    private List<Long> rowShape() {
        return shape.subList(1, shape.size());
    }

    private List<Long> shaped(long rows) {
        return Stream.concat(Stream.of(rows), rowShape().stream()).toList();
    }
}

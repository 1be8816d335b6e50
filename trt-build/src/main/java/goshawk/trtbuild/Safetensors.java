package goshawk.trtbuild;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One safetensors file, memory mapped: eight bytes of header length (little endian), a JSON header that says type, shape
 * and place of each tensor, then the data. The whole header is checked when the file is opened, so that a truncated
 * download is found before anything is computed from it.
 *
 * <p>May be read from several threads; nobody may read after {@link #close()}.
 */
public final class Safetensors implements AutoCloseable {

    /** The format's own limit; a longer "header" means that this is another kind of file. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final Arena arena;
    private final MemorySegment mapped;
    private final MemorySegment header;
    private final Map<String, Tensor> tensors;

    private Safetensors(
            Path file, Arena arena, MemorySegment mapped, MemorySegment header, Map<String, Tensor> tensors) {
        this.file = file;
        this.arena = arena;
        this.mapped = mapped;
        this.header = header;
        this.tensors = tensors;
    }

    /**
     * Maps {@code file} and reads its header.
     *
     * @throws CheckpointException if it cannot be read, is no safetensors file or ends too early
     */
    public static Safetensors open(Path file) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            MemorySegment header = header(file, mapped);
            return new Safetensors(file, arena, mapped, header, tensors(file, mapped, header));
        } catch (IOException e) {
            arena.close();
            throw new CheckpointException("cannot read %s: %s".formatted(file, e), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public Path file() {
        return file;
    }

    /** By name, in the order of the header. */
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /** The bytes of a tensor of this file, read-only, valid until {@link #close()}. */
    public MemorySegment bytes(Tensor tensor) {
        return mapped.asSlice(tensor.offset(), tensor.bytes());
    }

    /** The JSON header: it changes whenever a tensor is added, moved or retyped. */
    byte[] headerBytes() {
        return header.toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public void close() {
        arena.close();
    }

    private static MemorySegment header(Path file, MemorySegment mapped) {
        if (mapped.byteSize() < LENGTH.byteSize()) {
            throw truncated(file, LENGTH.byteSize(), mapped.byteSize());
        }
        long length = mapped.get(LENGTH, 0);
        if (length < 2 || length > MAX_HEADER_BYTES) {
            throw new CheckpointException(
                    "%s is no safetensors file: its header would be %d bytes long; export the checkpoint as safetensors"
                            .formatted(file, length));
        }
        if (LENGTH.byteSize() + length > mapped.byteSize()) {
            throw truncated(file, LENGTH.byteSize() + length, mapped.byteSize());
        }
        return mapped.asSlice(LENGTH.byteSize(), length);
    }

    private static Map<String, Tensor> tensors(Path file, MemorySegment mapped, MemorySegment header) {
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(header.toArray(ValueLayout.JAVA_BYTE));
        } catch (IOException e) {
            String where = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.toString();
            throw new CheckpointException(
                    "%s: the header is not JSON (%s); download or export the file again".formatted(file, where), e);
        }
        long base = LENGTH.byteSize() + header.byteSize();
        var tensors = new LinkedHashMap<String, Tensor>();
        long end = base;
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            if (entry.getKey().equals("__metadata__")) {
                continue;
            }
            Tensor tensor = tensor(file, entry.getKey(), entry.getValue(), base);
            tensors.put(tensor.name(), tensor);
            end = Math.max(end, tensor.offset() + tensor.bytes());
        }
        if (end > mapped.byteSize()) {
            throw truncated(file, end, mapped.byteSize());
        }
        return Collections.unmodifiableMap(tensors);
    }

    private static Tensor tensor(Path file, String name, JsonNode entry, long base) {
        String dtype = entry.path("dtype").asText();
        ElementType type = ElementType.named(dtype)
                .orElseThrow(() -> new CheckpointException(
                        "%s: tensor %s has the unknown type '%s'; export it as F32, BF16, F16 or F8_E4M3"
                                .formatted(file, name, dtype)));
        List<Long> shape = longs(entry.path("shape"));
        List<Long> place = longs(entry.path("data_offsets"));
        if (place.size() != 2 || place.get(0) < 0 || place.get(1) < place.get(0)) {
            throw badHeader(file, name, "data_offsets " + place);
        }
        var tensor = new Tensor(name, type, shape, file, base + place.get(0), place.get(1) - place.get(0));
        if (!fits(tensor)) {
            throw badHeader(file, name, "%s %s in %d bytes".formatted(type, shape, tensor.bytes()));
        }
        return tensor;
    }

    private static boolean fits(Tensor tensor) {
        try {
            return tensor.shape().stream().allMatch(size -> size >= 0)
                    && Math.multiplyExact(tensor.elements(), tensor.type().bytes()) == tensor.bytes();
        } catch (ArithmeticException e) {
            // A shape whose product leaves 64 bits is as wrong as one that does not match.
            return false;
        }
    }

    private static List<Long> longs(JsonNode array) {
        var values = new ArrayList<Long>();
        array.forEach(value -> values.add(value.asLong(-1)));
        return values;
    }

    private static CheckpointException badHeader(Path file, String name, String what) {
        return new CheckpointException(
                "%s: the header contradicts itself at tensor %s (%s); download or export the file again"
                        .formatted(file, name, what));
    }

    private static CheckpointException truncated(Path file, long wanted, long found) {
        return new CheckpointException(
                "%s is truncated: %,d of %,d bytes; download it again".formatted(file, found, wanted));
    }
}

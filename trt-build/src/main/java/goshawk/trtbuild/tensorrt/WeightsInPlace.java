package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.nvinfer.IConstantLayer;
import org.bytedeco.tensorrt.nvinfer.ILayer;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.Weights;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a parsed network read its weights where they lie in their mapped files, and gives the parser's copies back. A copy is
 * the process's own memory, which the machine must have; a file's pages it can drop and read again. A constant is moved only
 * to bytes that are the same, so no name has to be known and no weight can be another's.
 */
final class WeightsInPlace {

    private static final Logger log = LoggerFactory.getLogger(WeightsInPlace.class);

    /** Smaller ones stay: they are many, and all of them together are nothing. */
    static final long LEAST_BYTES = 1 << 20;

    private final Map<Long, List<MemorySegment>> bySize;

    /** @param tensors mapped from files, and open until the network is built */
    WeightsInPlace(Collection<MemorySegment> tensors) {
        this.bySize = tensors.stream()
                .filter(tensor -> tensor.byteSize() >= LEAST_BYTES)
                .collect(Collectors.groupingBy(MemorySegment::byteSize));
    }

    /** Where these bytes lie in a file too. */
    Optional<MemorySegment> of(MemorySegment copy) {
        return bySize.getOrDefault(copy.byteSize(), List.of()).stream()
                .filter(tensor -> tensor.mismatch(copy) < 0)
                .findFirst();
    }

    /**
     * Moves the constants of a network, and gives back what nobody uses then.
     *
     * @return bytes given back
     */
    long take(INetworkDefinition network) {
        List<MemorySegment> left = new ArrayList<>();
        List<MemorySegment> used = new ArrayList<>();
        for (int i = 0; i < network.getNbLayers(); i++) {
            ILayer layer = network.getLayer(i);
            switch (layer.getType().intern()) {
                case kCONSTANT -> {
                    var constant = new IConstantLayer(layer);
                    Weights weights = constant.getWeights();
                    MemorySegment copy = bytes(weights);
                    of(copy).ifPresentOrElse(
                                    tensor -> {
                                        constant.setWeights(moved(weights, tensor));
                                        left.add(copy);
                                    },
                                    () -> used.add(copy));
                }
                case kCONVOLUTION, kDECONVOLUTION, kSCALE -> {
                    log.warn("{} holds weights of its own: the parser's copies stay", layer.getName());
                    return 0;
                }
                default -> {}
            }
        }
        long given = unused(left, used).stream().mapToLong(Libc::giveBack).sum();
        bySize.values().forEach(tensors -> tensors.forEach(Libc::giveBack)); // looked at; they are read again when used
        log.info(
                "{} of {} large weights are read in their files, {} MiB given back", left.size(), count(), given >> 20);
        return given;
    }

    private int count() {
        return bySize.values().stream().mapToInt(List::size).sum();
    }

    /** Those of {@code left} that no used one lies in. */
    static List<MemorySegment> unused(List<MemorySegment> left, List<MemorySegment> used) {
        return left.stream()
                .distinct()
                .filter(copy -> used.stream()
                        .noneMatch(other -> other.byteSize() > 0
                                && other.address() < copy.address() + copy.byteSize()
                                && copy.address() < other.address() + other.byteSize()))
                .toList();
    }

    private static Weights moved(Weights weights, MemorySegment tensor) {
        return new Weights().type(weights.type()).values(Address.of(tensor)).count(weights.count());
    }

    private static MemorySegment bytes(Weights weights) {
        long bytes = Math.ceilDiv(weights.count() * bits(weights.type().intern()), Byte.SIZE);
        var values = weights.values();
        return values == null || values.isNull()
                ? MemorySegment.NULL
                : MemorySegment.ofAddress(values.address()).reinterpret(bytes);
    }

    private static long bits(DataType type) {
        return switch (type) {
            case kINT4 -> 4;
            case kINT8, kBOOL, kUINT8, kFP8 -> 8;
            case kHALF, kBF16 -> 16;
            case kFLOAT, kINT32 -> 32;
            case kINT64 -> 64;
        };
    }
}

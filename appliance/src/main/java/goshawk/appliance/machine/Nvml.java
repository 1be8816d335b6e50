package goshawk.appliance.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What NVIDIA's management library tells of the GPU that CUDA takes first while it works: energy and memory. Whatever the GPU or its
 * container does not tell is empty; nothing here fails.
 *
 * <p>Belongs to the thread that opened it.
 */
public final class Nvml implements AutoCloseable {

    private static final String LIBRARY = "libnvidia-ml.so.1";
    private static final int OK = 0;

    /** The driver's {@code nvmlMemory_t}: total, free and used, in bytes. */
    private static final MemoryLayout MEMORY = MemoryLayout.sequenceLayout(3, JAVA_LONG);

    /** {@code nvmlProcessInfo_t}: process, padding, memory, two instance numbers. */
    private static final long PROCESS_BYTES = 24;

    private static final int MOST_PROCESSES = 256;

    /** What the driver says of a process when it may not tell. */
    private static final long NOT_AVAILABLE = -1;

    private final Arena arena;
    private final SymbolLookup library;
    private final MemorySegment device;
    private final MemorySegment answer;
    private final MemorySegment count;

    private Nvml(Arena arena, SymbolLookup library, MemorySegment device) {
        this.arena = arena;
        this.library = library;
        this.device = device;
        this.answer = arena.allocate(Math.max(MEMORY.byteSize(), MOST_PROCESSES * PROCESS_BYTES), 8);
        this.count = arena.allocate(JAVA_INT);
    }

    /** Empty where there is no library, or no GPU that it knows. */
    public static Optional<Nvml> open() {
        Arena arena = Arena.ofConfined();
        try {
            return open(
                    arena,
                    SymbolLookup.libraryLookup(LIBRARY, arena),
                    System.getenv().getOrDefault("CUDA_VISIBLE_DEVICES", ""));
        } catch (IllegalArgumentException e) { // no such library
            arena.close();
            return Optional.empty();
        }
    }

    /**
     * @param arena closed with what comes of it, or now if nothing does
     * @param visible GPUs that CUDA may take, in its order: places or UUIDs with commas between; all if there are none. This
     *     library does not look at it by itself
     */
    static Optional<Nvml> open(Arena arena, SymbolLookup library, String visible) {
        MemorySegment handle = arena.allocate(ADDRESS);
        boolean isOpen = call(library, "nvmlInit_v2") == OK;
        if (isOpen && find(arena, library, visible.strip().replaceFirst(",.*", ""), handle) == OK) {
            return Optional.of(new Nvml(arena, library, handle.get(ADDRESS, 0)));
        }
        if (isOpen) {
            call(library, "nvmlShutdown");
        }
        arena.close();
        return Optional.empty();
    }

    private static int find(Arena arena, SymbolLookup library, String first, MemorySegment handle) {
        if (first.startsWith("GPU-")) {
            return call(library, "nvmlDeviceGetHandleByUUID", arena.allocateFrom(first), handle);
        }
        int place = first.matches("\\d{1,3}") ? Integer.parseInt(first) : 0;
        return call(library, "nvmlDeviceGetHandleByIndex_v2", place, handle);
    }

    /** Energy that the GPU has taken since its driver was loaded, in mJ; empty on GPUs older than Volta. */
    public OptionalLong millijoules() {
        return call(library, "nvmlDeviceGetTotalEnergyConsumption", device, answer) == OK
                ? OptionalLong.of(answer.get(JAVA_LONG, 0))
                : OptionalLong.empty();
    }

    /** Memory of the GPU that is taken, by whomever, in bytes. */
    public OptionalLong usedBytes() {
        return call(library, "nvmlDeviceGetMemoryInfo", device, answer) == OK
                ? OptionalLong.of(answer.get(JAVA_LONG, 2 * JAVA_LONG.byteSize()))
                : OptionalLong.empty();
    }

    /**
     * Memory of the GPU that one process has taken, in bytes. Empty where the driver knows it by another number, as it does
     * in a container.
     */
    public OptionalLong usedBytes(long process) {
        count.set(JAVA_INT, 0, MOST_PROCESSES);
        if (call(library, "nvmlDeviceGetComputeRunningProcesses_v3", device, count, answer) != OK) {
            return OptionalLong.empty();
        }
        for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
            long used = answer.get(JAVA_LONG, i * PROCESS_BYTES + JAVA_LONG.byteSize());
            if (answer.get(JAVA_INT, i * PROCESS_BYTES) == process && used != NOT_AVAILABLE) {
                return OptionalLong.of(used);
            }
        }
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        call(library, "nvmlShutdown");
        arena.close();
    }

    /** A function of the library; -1 where this version has none of that name. */
    private static int call(SymbolLookup library, String name, Object... arguments) {
        Optional<MemorySegment> function = library.find(name);
        if (function.isEmpty()) {
            return -1;
        }
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] = arguments[i] instanceof Integer ? JAVA_INT : ADDRESS;
        }
        MethodHandle handle =
                Linker.nativeLinker().downcallHandle(function.get(), FunctionDescriptor.of(JAVA_INT, layouts));
        try {
            return (int) handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError(name + " is a C function, which throws nothing", e);
        }
    }
}

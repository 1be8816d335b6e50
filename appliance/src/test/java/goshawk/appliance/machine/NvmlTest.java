package goshawk.appliance.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls go out to C and come back to this class, which stands in the driver's place. */
class NvmlTest {

    private static final AddressLayout POINTER =
            ValueLayout.ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(512, ValueLayout.JAVA_LONG_UNALIGNED));
    private static final int NOT_SUPPORTED = 3;
    private static final long HANDLE = 0xD0;
    private static int energyAnswers;
    private static int open;

    private final Arena arena = Arena.ofConfined();
    private final Map<String, MemorySegment> functions = new HashMap<>();
    private final SymbolLookup library = name -> Optional.ofNullable(functions.get(name));

    @BeforeEach
    void driver() {
        energyAnswers = 0;
        open = 0;
        functions.put("nvmlInit_v2", function("init"));
        functions.put("nvmlShutdown", function("shutdown"));
        functions.put("nvmlDeviceGetHandleByIndex_v2", function("handle", int.class, MemorySegment.class));
        functions.put("nvmlDeviceGetHandleByUUID", function("handleOf", MemorySegment.class, MemorySegment.class));
        functions.put(
                "nvmlDeviceGetTotalEnergyConsumption", function("energy", MemorySegment.class, MemorySegment.class));
        functions.put("nvmlDeviceGetMemoryInfo", function("memory", MemorySegment.class, MemorySegment.class));
        functions.put(
                "nvmlDeviceGetComputeRunningProcesses_v3",
                function("processes", MemorySegment.class, MemorySegment.class, MemorySegment.class));
    }

    @AfterEach
    void over() {
        arena.close();
    }

    private MemorySegment function(String name, Class<?>... arguments) {
        try {
            var layouts = new MemoryLayout[arguments.length];
            for (int i = 0; i < arguments.length; i++) {
                layouts[i] = arguments[i] == int.class ? ValueLayout.JAVA_INT : POINTER;
            }
            return Linker.nativeLinker()
                    .upcallStub(
                            MethodHandles.lookup()
                                    .findStatic(NvmlTest.class, name, MethodType.methodType(int.class, arguments)),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts),
                            arena);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(name, e);
        }
    }

    static int init() {
        open++;
        return 0;
    }

    static int shutdown() {
        open--;
        return 0;
    }

    static int handle(int index, MemorySegment device) {
        device.set(ValueLayout.JAVA_LONG, 0, HANDLE + index);
        return index < 4 ? 0 : NOT_SUPPORTED;
    }

    static int handleOf(MemorySegment uuid, MemorySegment device) {
        device.set(ValueLayout.JAVA_LONG, 0, HANDLE + 100);
        return uuid.getString(0).equals("GPU-5e") ? 0 : NOT_SUPPORTED;
    }

    static int energy(MemorySegment device, MemorySegment answer) {
        answer.set(ValueLayout.JAVA_LONG, 0, 7_000 + device.address());
        return energyAnswers;
    }

    static int memory(MemorySegment device, MemorySegment answer) {
        answer.setAtIndex(ValueLayout.JAVA_LONG, 0, 80L << 30);
        answer.setAtIndex(ValueLayout.JAVA_LONG, 1, 69L << 30);
        answer.setAtIndex(ValueLayout.JAVA_LONG, 2, 11L << 30);
        return 0;
    }

    /** Two of them; the second may not be told of. */
    static int processes(MemorySegment device, MemorySegment count, MemorySegment answer) {
        answer.set(ValueLayout.JAVA_INT, 0, 41);
        answer.set(ValueLayout.JAVA_LONG, 8, 10L << 30);
        answer.set(ValueLayout.JAVA_INT, 24, 42);
        answer.set(ValueLayout.JAVA_LONG, 32, -1);
        count.set(ValueLayout.JAVA_INT, 0, 2);
        return 0;
    }

    private Nvml nvml() {
        return Nvml.open(Arena.ofConfined(), library, "").orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"'',0", "2,2", "'3,0',3", "'GPU-5e,1',100", "MIG-7,0"})
    void theDeviceIsTheOneThatCudaTakesFirst(String visible, long which) {
        try (Nvml nvml = Nvml.open(Arena.ofConfined(), library, visible).orElseThrow()) {
            assertThat(nvml.millijoules()).hasValue(7_000 + HANDLE + which);
        }
    }

    @Test
    void energyAndMemoryComeFromTheFirstDevice() {
        try (Nvml nvml = nvml()) {
            assertThat(nvml.millijoules()).as("with the device's handle").hasValue(7_000 + HANDLE);
            assertThat(nvml.usedBytes()).as("used, not total or free").hasValue(11L << 30);
            assertThat(nvml.usedBytes(41)).hasValue(10L << 30);
        }
        assertThat(open).as("what is open is closed").isZero();
    }

    @Test
    void whatTheDriverDoesNotTellIsEmpty() {
        energyAnswers = NOT_SUPPORTED;
        functions.remove("nvmlDeviceGetMemoryInfo");
        try (Nvml nvml = nvml()) {
            assertThat(nvml.millijoules()).as("not supported").isEmpty();
            assertThat(nvml.usedBytes()).as("an older library").isEmpty();
            assertThat(nvml.usedBytes(42)).as("may not be told of").isEmpty();
            assertThat(nvml.usedBytes(43)).as("another's name for the process").isEmpty();
        }
    }

    @Test
    void aMachineWithoutADeviceTellsNothing() {
        functions.remove("nvmlDeviceGetHandleByIndex_v2");
        assertThat(Nvml.open(Arena.ofConfined(), library, "")).isEmpty();
        assertThat(open).as("nothing stays open").isZero();
    }
}

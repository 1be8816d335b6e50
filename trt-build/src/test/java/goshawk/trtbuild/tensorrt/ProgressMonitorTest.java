package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls the object as code that a C++ compiler made of TensorRT's header does: by places in the table of functions. */
class ProgressMonitorTest {

    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;
    private static final long PHASE_START = 0x20;
    private static final long STEP_COMPLETE = 0x28;
    private static final long PHASE_FINISH = 0x30;

    private final List<Double> shares = Collections.synchronizedList(new ArrayList<>());
    private final MemorySegment monitor = new ProgressMonitor(shares::add).object();

    private Object call(long place, FunctionDescriptor type, Object... operands) throws Throwable {
        MemorySegment table = monitor.get(ValueLayout.ADDRESS, 0).reinterpret(0x38);
        return Linker.nativeLinker()
                .downcallHandle(table.get(ValueLayout.ADDRESS, place), type)
                .invokeWithArguments(operands);
    }

    private void start(Arena arena, String phase, MemorySegment parent, int steps) throws Throwable {
        var type = FunctionDescriptor.ofVoid(POINTER, POINTER, POINTER, ValueLayout.JAVA_INT);
        call(PHASE_START, type, monitor, arena.allocateFrom(phase), parent, steps);
    }

    private Object step(Arena arena, String phase, int step) throws Throwable {
        var type = FunctionDescriptor.of(ValueLayout.JAVA_BYTE, POINTER, POINTER, ValueLayout.JAVA_INT);
        return call(STEP_COMPLETE, type, monitor, arena.allocateFrom(phase), step);
    }

    @Test
    void tensorRtTellsHowFarItIs() throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            start(arena, "Building Engine", MemorySegment.NULL, 2);
            assertThat(step(arena, "Building Engine", 0)).as("go on").isEqualTo((byte) 1);
            start(arena, "Timing", arena.allocateFrom("Building Engine"), 4);
            assertThat(step(arena, "Timing", 0)).isEqualTo((byte) 1);
            call(
                    PHASE_FINISH,
                    FunctionDescriptor.ofVoid(POINTER, POINTER),
                    monitor,
                    arena.allocateFrom("Building Engine"));
        }
        assertThat(shares).hasSize(5).isSorted().last().isEqualTo(1.0);
        assertThat(shares.get(3)).isCloseTo(0.625, within(1e-12));
    }

    @Test
    void itSaysWhatItIs() throws Throwable {
        assertThat(call(0, FunctionDescriptor.of(ValueLayout.JAVA_INT, POINTER), monitor))
                .as("C++")
                .isEqualTo(0);
        var info = MemoryLayout.structLayout(POINTER, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table = monitor.get(ValueLayout.ADDRESS, 0).reinterpret(0x38);
            var told = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(table.get(ValueLayout.ADDRESS, 8), FunctionDescriptor.of(info, POINTER))
                    .invokeWithArguments(arena, monitor);
            assertThat(told.get(ValueLayout.ADDRESS, 0).reinterpret(64).getString(0))
                    .isEqualTo("IProgressMonitor");
            assertThat(told.get(ValueLayout.JAVA_INT, 8)).isEqualTo(1);
            assertThat(told.get(ValueLayout.JAVA_INT, 12)).isZero();
        }
        for (long destructor : new long[] {0x10, 0x18}) {
            call(destructor, FunctionDescriptor.ofVoid(POINTER), monitor);
        }
    }

    @Test
    void whoeverListensCannotEndTheProcess() throws Throwable {
        MemorySegment broken = new ProgressMonitor(share -> {
                    throw new IllegalStateException("the pipe is gone");
                })
                .object();
        MemorySegment table = broken.get(ValueLayout.ADDRESS, 0).reinterpret(0x38);
        try (Arena arena = Arena.ofConfined()) {
            var type = FunctionDescriptor.of(ValueLayout.JAVA_BYTE, POINTER, POINTER, ValueLayout.JAVA_INT);
            Object goesOn = Linker.nativeLinker()
                    .downcallHandle(table.get(ValueLayout.ADDRESS, STEP_COMPLETE), type)
                    .invokeWithArguments(broken, arena.allocateFrom("phase"), 0);
            assertThat(goesOn).isEqualTo((byte) 1);
        }
    }
}

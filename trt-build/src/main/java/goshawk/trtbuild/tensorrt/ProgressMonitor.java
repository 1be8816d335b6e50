package goshawk.trtbuild.tensorrt;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.bytedeco.tensorrt.nvinfer.IProgressMonitor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from TensorRT how far a build is. JavaCPP can pass an {@code nvinfer1::IProgressMonitor} on but cannot be one: its
 * class has no constructor for Java. So the object is laid out here as the C++ compilers of Linux do it, a pointer to a
 * table of functions in the order of {@code NvInfer.h} from TensorRT 10.0 on. That order was read from code that is compiled
 * against the header, JavaCPP's own: {@code phaseStart} at 0x20, {@code stepComplete} at 0x28, {@code phaseFinish} at 0x30.
 *
 * <p>Lives as long as the process, as TensorRT's logger does. TensorRT calls it on whichever thread it builds with.
 */
final class ProgressMonitor {

    private static final Logger log = LoggerFactory.getLogger(ProgressMonitor.class);

    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final StructLayout INTERFACE =
            MemoryLayout.structLayout(POINTER, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

    /** What C++ knows of the class, in JavaCPP's library. Nobody asks so far; who does must not find nothing. */
    private static final String TYPE = "_ZTIN8nvinfer15v_1_016IProgressMonitorE";

    private static final int BEFORE_FUNCTIONS = 2;

    private final Arena arena = Arena.global();
    private final MemorySegment info = arena.allocate(INTERFACE);
    private final MemorySegment object = arena.allocate(POINTER);
    private final BuildPhases phases = new BuildPhases();
    private final DoubleConsumer share;

    /** @param share told of the build that is done, in [0, 1], never less than before; often, on any thread */
    ProgressMonitor(DoubleConsumer share) {
        this.share = share;
        info.set(POINTER, 0, arena.allocateFrom("IProgressMonitor"));
        info.set(ValueLayout.JAVA_INT, POINTER.byteSize(), 1);
        MemorySegment destructor = function(MethodHandles.zero(void.class)); // whoever made it keeps it
        List<MemorySegment> table = List.of(
                MemorySegment.NULL, // where the object begins, seen from here
                SymbolLookup.loaderLookup().find(TYPE).orElse(MemorySegment.NULL),
                function(MethodHandles.constant(int.class, 0)), // the language: C++
                function(MethodHandles.constant(MemorySegment.class, info)),
                destructor,
                destructor,
                function(method("phaseStart", void.class, MemorySegment.class, MemorySegment.class, int.class)),
                function(method("stepComplete", boolean.class, MemorySegment.class, int.class)),
                function(method("phaseFinish", void.class, MemorySegment.class)));
        MemorySegment laid = arena.allocate(POINTER, table.size());
        for (int i = 0; i < table.size(); i++) {
            laid.setAtIndex(POINTER, i, table.get(i));
        }
        object.set(POINTER, 0, laid.asSlice(BEFORE_FUNCTIONS * POINTER.byteSize()));
    }

    IProgressMonitor raw() {
        return new IProgressMonitor(Address.of(object));
    }

    MemorySegment object() {
        return object;
    }

    // TensorRT calls these three; an exception that left one would end the process.

    void phaseStart(MemorySegment phase, MemorySegment parent, int steps) {
        heard(() -> phases.start(words(phase), parent.address() == 0 ? null : words(parent), steps));
    }

    /** @return whether to go on; where that is not wanted any more, the process is killed */
    boolean stepComplete(MemorySegment phase, int step) {
        heard(() -> phases.stepDone(words(phase), step));
        return true;
    }

    void phaseFinish(MemorySegment phase) {
        heard(() -> phases.finish(words(phase)));
    }

    private void heard(Runnable told) {
        try {
            told.run();
            share.accept(phases.share());
        } catch (RuntimeException | Error e) {
            log.warn("how far the build is was not understood", e);
        }
    }

    private static String words(MemorySegment text) {
        return text.reinterpret(Long.MAX_VALUE).getString(0);
    }

    private MethodHandle method(String name, Class<?> answer, Class<?>... operands) {
        try {
            return MethodHandles.lookup().bind(this, name, MethodType.methodType(answer, operands));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("it is a method of this class", e);
        }
    }

    /** As C++ calls it, with the object before all else. */
    private MemorySegment function(MethodHandle body) {
        MethodHandle called = MethodHandles.dropArguments(body, 0, MemorySegment.class);
        MemoryLayout[] operands = called.type().parameterList().stream()
                .map(ProgressMonitor::layout)
                .toArray(MemoryLayout[]::new);
        Class<?> answer = called.type().returnType();
        FunctionDescriptor type = answer == void.class
                ? FunctionDescriptor.ofVoid(operands)
                : FunctionDescriptor.of(answer == MemorySegment.class ? INTERFACE : layout(answer), operands);
        return Linker.nativeLinker().upcallStub(called, type, arena);
    }

    private static MemoryLayout layout(Class<?> type) {
        return type == int.class ? ValueLayout.JAVA_INT : type == boolean.class ? ValueLayout.JAVA_BOOLEAN : POINTER;
    }
}

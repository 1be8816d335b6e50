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
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A class that derives from TensorRT's {@code IVersionedInterface}, with its functions in Java. JavaCPP passes objects of such
 * classes on, but cannot be one. So they are laid out here as the C++ compilers of Linux do it, on x86_64 and aarch64 alike: an
 * object begins with a pointer to a table of functions. Before the table stand where the object begins and what C++ knows of
 * the type; in it the language, the interface, two destructors, then the class's own functions in the order of the header.
 *
 * <p>All of it lives as long as the process, and destructors do nothing. TensorRT calls on whichever thread it likes. An
 * exception that got out would end the process: it is logged, kept for whoever reports the call that failed, and answered with
 * the function's word for failure.
 */
final class NativeObject {

    private static final Logger log = LoggerFactory.getLogger(NativeObject.class);
    private static final Arena FOR_EVER = Arena.global();
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final StructLayout INTERFACE =
            MemoryLayout.structLayout(POINTER, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

    /** Of the interface, in all headers of TensorRT 10. */
    private static final int MAJOR = 1;

    private static final int BEFORE_FUNCTIONS = 2;
    private static final MethodHandle FAILED = failing();

    /**
     * One of the class's own functions.
     *
     * @param method of the Java class. It takes what C++ passes after the object: int, boolean, and long for a number of 64 bits
     *     or a pointer
     * @param failure what is answered when the method throws, of the type that it answers; anything where it answers nothing
     */
    record Function(String method, Object failure) {}

    private final MemorySegment table;

    /**
     * @param kind of interface, as its header tells it: {@code PLUGIN}
     * @param name of the class in {@code nvinfer1::v_1_0}. JavaCPP's library has what C++ knows of it, if it is loaded by
     *     then; without that, a cast to another class would end the process
     * @param functions in the order of the header
     * @param body whose methods they are
     * @param lookup that may call these
     */
    NativeObject(String kind, String name, List<Function> functions, Object body, MethodHandles.Lookup lookup) {
        MemorySegment info = FOR_EVER.allocate(INTERFACE);
        info.set(POINTER, 0, FOR_EVER.allocateFrom(kind));
        info.set(ValueLayout.JAVA_INT, POINTER.byteSize(), MAJOR);
        MemorySegment destructor = stub(MethodHandles.zero(void.class));
        List<MemorySegment> entries = new ArrayList<>(List.of(
                MemorySegment.NULL, // where the object begins, seen from here
                SymbolLookup.loaderLookup()
                        .find("_ZTIN8nvinfer15v_1_0%d%sE".formatted(name.length(), name))
                        .orElse(MemorySegment.NULL),
                stub(MethodHandles.constant(int.class, 0)), // the language: C++
                stub(MethodHandles.constant(MemorySegment.class, info)),
                destructor,
                destructor));
        for (Function function : functions) {
            entries.add(stub(guarded(name, function, method(function.method, body, lookup))));
        }
        MemorySegment laid = FOR_EVER.allocate(POINTER, entries.size());
        for (int i = 0; i < entries.size(); i++) {
            laid.setAtIndex(POINTER, i, entries.get(i));
        }
        this.table = laid.asSlice(BEFORE_FUNCTIONS * POINTER.byteSize());
    }

    /** A new object, with nothing in it. */
    MemorySegment object() {
        MemorySegment object = FOR_EVER.allocate(POINTER);
        object.set(POINTER, 0, table);
        return object;
    }

    /** The only method of that name. */
    private static MethodHandle method(String name, Object body, MethodHandles.Lookup lookup) {
        try {
            for (Method method : body.getClass().getDeclaredMethods()) {
                if (method.getName().equals(name)) {
                    return lookup.unreflect(method).bindTo(body);
                }
            }
        } catch (IllegalAccessException e) {
            throw new LinkageError("whoever passes a lookup may call its methods", e);
        }
        throw new LinkageError("%s has no method %s".formatted(body.getClass(), name));
    }

    private static MethodHandle guarded(String name, Function function, MethodHandle body) {
        Class<?> answer = body.type().returnType();
        MethodHandle failure = answer == void.class
                ? MethodHandles.zero(void.class)
                : MethodHandles.constant(answer, function.failure);
        MethodHandle told = MethodHandles.foldArguments(
                MethodHandles.dropArguments(failure, 0, Throwable.class), FAILED.bindTo(name + "::" + function.method));
        return MethodHandles.catchException(body, Throwable.class, told);
    }

    /** Throws nothing itself. */
    static void failed(String function, Throwable e) {
        try {
            LastErrors.keep("%s: %s".formatted(function, e.getMessage() == null ? e : e.getMessage()));
            log.error("{} failed", function, e);
        } catch (Throwable _) {
            // There is no way left to say it; that it failed is answered all the same.
        }
    }

    private static MethodHandle failing() {
        try {
            return MethodHandles.lookup()
                    .findStatic(
                            NativeObject.class,
                            "failed",
                            MethodType.methodType(void.class, String.class, Throwable.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("it is a method of this class", e);
        }
    }

    /** As C++ calls it, with the object before all else. */
    private static MemorySegment stub(MethodHandle body) {
        MethodHandle called = MethodHandles.dropArguments(body, 0, long.class);
        MemoryLayout[] operands =
                called.type().parameterList().stream().map(NativeObject::layout).toArray(MemoryLayout[]::new);
        Class<?> answer = called.type().returnType();
        FunctionDescriptor type = answer == void.class
                ? FunctionDescriptor.ofVoid(operands)
                : FunctionDescriptor.of(layout(answer), operands);
        return Linker.nativeLinker().upcallStub(called, type, FOR_EVER);
    }

    private static MemoryLayout layout(Class<?> type) {
        if (type == MemorySegment.class) {
            return INTERFACE;
        }
        if (type == boolean.class) {
            return ValueLayout.JAVA_BOOLEAN;
        }
        return type == int.class ? ValueLayout.JAVA_INT : ValueLayout.JAVA_LONG;
    }
}

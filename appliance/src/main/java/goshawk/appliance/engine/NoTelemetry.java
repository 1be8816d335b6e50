package goshawk.appliance.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Keeps ONNX Runtime from reporting to its maker. From 1.29 on, the Linux builds collect events and send them to a
 * Microsoft address unless {@code ORT_DISABLE_TELEMETRY} is set when the runtime is loaded; a station on a customer's
 * line sends nothing to anybody. The switch in the Java binding comes too late: by then the collector runs. It also reads
 * the process's command line with a recursive matcher, which a class path of some thousand characters overflows; the
 * process then ends without a word.
 */
final class NoTelemetry {

    private static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

    private NoTelemetry() {}

    /**
     * Sets the variable in this process, where the native library finds it. To be called before the library is loaded.
     *
     * @throws EngineException if it cannot be set; then the runtime must not be loaded
     */
    static void ensure() {
        if (System.getenv(VARIABLE) != null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        MethodHandle setenv = linker.downcallHandle(
                linker.defaultLookup()
                        .find("setenv")
                        .orElseThrow(() ->
                                new EngineException("no setenv here; set %s=1 before the start".formatted(VARIABLE))),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        int result;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(VARIABLE);
            result = (int) setenv.invokeExact(name, arena.allocateFrom("1"), 1);
        } catch (Throwable e) {
            throw new EngineException("setenv %s failed; set it to 1 before the start".formatted(VARIABLE), e);
        }
        if (result != 0) {
            throw new EngineException(
                    "setenv %s returned %d; set it to 1 before the start".formatted(VARIABLE, result));
        }
    }
}

package goshawk.camera;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a video device of Linux can do, as its driver says when it is asked ({@code VIDIOC_QUERYCAP}). One camera may have several device files, of which one
 * gives pictures and the others take them or tell of them.
 *
 * @param ofDriver what all of the driver's device files can do together
 * @param ofDevice what this one can do; means something only where {@code ofDriver} says that the driver tells it
 */
public record V4l2Capability(int ofDriver, int ofDevice) {

    private static final int VIDEO_CAPTURE = 0x0000_0001;
    private static final int VIDEO_CAPTURE_MPLANE = 0x0000_1000;
    private static final int DEVICE_CAPS = 0x8000_0000;

    private static final long QUERYCAP = 0x8068_5600L;
    /** Of {@code struct v4l2_capability}. */
    private static final long BYTES = 104;

    private static final long OF_DRIVER = 84;
    private static final long OF_DEVICE = 88;

    private static final int READ_AND_WRITE_AT_ONCE = 0x802; // O_RDWR | O_NONBLOCK

    /**
     * Asks a device. Takes nothing from whoever uses it.
     *
     * @param device for example {@code /dev/video0}
     * @return empty when it is not there, may not be opened, or is no video device
     */
    public static Optional<V4l2Capability> of(Path device) {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) Calls.OPEN.invokeExact(arena.allocateFrom(device.toString()), READ_AND_WRITE_AT_ONCE);
            if (file < 0) {
                return Optional.empty();
            }
            MemorySegment told = arena.allocate(BYTES, 8);
            int failed = (int) Calls.IOCTL.invokeExact(file, QUERYCAP, told);
            var _ = (int) Calls.CLOSE.invokeExact(file);
            return failed == 0
                    ? Optional.of(new V4l2Capability(told.get(JAVA_INT, OF_DRIVER), told.get(JAVA_INT, OF_DEVICE)))
                    : Optional.empty();
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the C library is declared wrongly", e);
        }
    }

    /** True of a device file that gives pictures. */
    public boolean capturesPictures() {
        int its = (ofDriver & DEVICE_CAPS) == 0 ? ofDriver : ofDevice;
        return (its & (VIDEO_CAPTURE | VIDEO_CAPTURE_MPLANE)) != 0;
    }

    private static final class Calls {

        static final MethodHandle OPEN = variadic("open", 2, ADDRESS, JAVA_INT);
        static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_LONG, ADDRESS);
        static final MethodHandle CLOSE = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("close"),
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT));

        private Calls() {}

        private static MethodHandle variadic(String name, int fixed, MemoryLayout... arguments) {
            Linker linker = Linker.nativeLinker();
            Linker.Option option = Linker.Option.firstVariadicArg(fixed);
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments), option);
        }
    }
}

package goshawk.trtbuild.tensorrt;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The kernels of the text's attention, loaded on the device for as long as the process lives. Whoever parses the text's graph
 * or loads its plan has them first. Any thread may launch them.
 */
public final class AttentionKernels implements CachedAttention.Kernels {

    private static final String PREPARE = "prepare";
    private static final String ATTEND = "attend";
    private static final String COMBINE = "combine";
    private static final PointerPointer<Pointer> NOTHING_MORE = new PointerPointer<>((Pointer) null);

    private final AttentionSizes sizes;
    private final int multiprocessors;
    private final CUfunc_st prepare;
    private final CUfunc_st attend;
    private final CUfunc_st combine;
    private final ThreadLocal<Operands> operands = ThreadLocal.withInitial(Operands::new);

    private AttentionKernels(AttentionSizes sizes, CUmod_st module) {
        this.sizes = sizes;
        this.multiprocessors = Device.multiprocessors();
        this.prepare = function(module, PREPARE);
        this.attend = attending(module);
        this.combine = function(module, COMBINE);
    }

    /**
     * Loads what {@link KernelCompiler} made.
     *
     * @param cubin for these sizes and this device
     * @throws NativeCallException if it is another device's, or memory is short
     */
    public static AttentionKernels load(Path cubin, AttentionSizes sizes) throws IOException {
        byte[] code = Files.readAllBytes(cubin);
        try (Arena arena = Arena.ofConfined()) {
            Device.open(); // whose context is the thread's then
            var module = new CUmod_st();
            Cuda.check(
                    "cuModuleLoadData of " + cubin.getFileName(),
                    cudart.cuModuleLoadData(module, Address.of(arena.allocateFrom(ValueLayout.JAVA_BYTE, code))));
            return new AttentionKernels(sizes, module);
        } catch (LinkageError e) {
            throw Device.missing("CUDA 13", e);
        }
    }

    private CUfunc_st attending(CUmod_st module) {
        CUfunc_st function = function(module, ATTEND);
        int bytes = AttentionLaunch.sharedBytes(sizes);
        Cuda.check(
                "cuFuncSetAttribute, %,d bytes of shared memory".formatted(bytes),
                cudart.cuFuncSetAttribute(function, cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes));
        return function;
    }

    private static CUfunc_st function(CUmod_st module, String name) {
        var function = new CUfunc_st();
        Cuda.check("cuModuleGetFunction of " + name, cudart.cuModuleGetFunction(function, module, name));
        return function;
    }

    @Override
    public AttentionSizes sizes() {
        return sizes;
    }

    @Override
    public long workspaceBytes(int fewest, int most) {
        return AttentionLaunch.workspaceBytes(sizes, fewest, most);
    }

    @Override
    public void launch(int rows, int words, long inputs, long output, long workspace, long stream) {
        AttentionLaunch launch = AttentionLaunch.of(sizes, rows, multiprocessors);
        Operands own = operands.get();
        own.set(launch, words, inputs, output, workspace, stream);
        launch(PREPARE, prepare, launch.prepare(), own.prepare, own.stream);
        launch(ATTEND, attend, launch.attend(), own.attend, own.stream);
        if (launch.isSplit()) {
            launch(COMBINE, combine, launch.combine(), own.combine, own.stream);
        }
    }

    private static void launch(
            String name,
            CUfunc_st function,
            AttentionLaunch.Grid grid,
            PointerPointer<Pointer> arguments,
            CUstream_st stream) {
        int code = cudart.cuLaunchKernel(
                function,
                grid.x(),
                grid.y(),
                grid.z(),
                grid.threads(),
                1,
                1,
                grid.sharedBytes(),
                stream,
                arguments,
                NOTHING_MORE);
        Cuda.check(name, code);
    }

    /**
     * What one thread passes to kernels, in memory that is used again: CUDA takes it over before a launch returns. Values lie
     * one after the other, and each kernel has a list of where its own are.
     */
    private static final class Operands {

        private static final int INPUTS = 10;
        private static final int SEES = 7;
        private static final int PLACES = 8;
        private static final int LAYER = 9;
        private static final int ROTATED = INPUTS;
        private static final int ATTENDED = 11;
        private static final int PARTIAL = 12;
        private static final int ROWS = 13;
        private static final int WORDS = 14;
        private static final int SPLITS = 15;
        private static final int VALUES = 16;

        private final Arena arena = Arena.ofAuto();
        private final MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, VALUES);
        private final PointerPointer<Pointer> prepare = list(0, 1, 2, 3, 4, 5, 6, PLACES, LAYER, ROTATED);
        private final PointerPointer<Pointer> attend =
                list(ROTATED, SEES, WORDS, PLACES, LAYER, ATTENDED, PARTIAL, ROWS, SPLITS);
        private final PointerPointer<Pointer> combine = list(PLACES, PARTIAL, ATTENDED, ROWS, SPLITS);
        private final Stream stream = new Stream();

        private PointerPointer<Pointer> list(int... places) {
            MemorySegment list = arena.allocate(ValueLayout.JAVA_LONG, places.length);
            for (int i = 0; i < places.length; i++) {
                list.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + (long) places[i] * Long.BYTES);
            }
            return new PointerPointer<>(Address.of(list));
        }

        void set(AttentionLaunch launch, int words, long inputs, long output, long workspace, long stream) {
            RawMemory.copy(inputs, values.address(), (long) INPUTS * Long.BYTES);
            set(ROTATED, workspace);
            set(ATTENDED, output);
            set(PARTIAL, workspace + launch.rotatedBytes());
            set(ROWS, launch.rows());
            set(WORDS, words);
            set(SPLITS, launch.splits());
            this.stream.at(stream);
        }

        /** A kernel that takes 32 bits takes the first of these, which are the lower ones. */
        private void set(int place, long value) {
            values.setAtIndex(ValueLayout.JAVA_LONG, place, value);
        }
    }

    /** Somebody else's stream. */
    private static final class Stream extends CUstream_st {

        void at(long stream) {
            address = stream;
        }
    }
}

package goshawk.trtbuild.tensorrt;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUlaunchAttribute;
import org.bytedeco.cuda.cudart.CUlaunchConfig;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** A kernel of our own, loaded on the device for as long as the process lives. Any thread may launch it. */
final class Kernel {

    private static final PointerPointer<Pointer> NOTHING_MORE = new PointerPointer<>((Pointer) null);
    private static final ThreadLocal<Configuration> CONFIGURATION = ThreadLocal.withInitial(Configuration::new);

    private final String name;
    private final CUfunc_st function;

    private Kernel(String name, CUfunc_st function) {
        this.name = name;
        this.function = function;
    }

    /**
     * Blocks in three dimensions.
     *
     * @param threads of a block
     * @param sharedBytes memory that the threads of a block share
     */
    record Grid(int x, int y, int z, int threads, int sharedBytes) {}

    /** What {@link KernelCompiler} made, loaded. */
    static final class Module {

        private final CUmod_st module;

        private Module(CUmod_st module) {
            this.module = module;
        }

        /**
         * @param cubin for this device
         * @throws NativeCallException if it is another device's, or memory is short
         */
        static Module load(Path cubin) throws IOException {
            byte[] code = Files.readAllBytes(cubin);
            try (Arena arena = Arena.ofConfined()) {
                Device.open(); // whose context is the thread's then
                var module = new CUmod_st();
                Cuda.check(
                        "cuModuleLoadData of " + cubin.getFileName(),
                        cudart.cuModuleLoadData(module, Address.of(arena.allocateFrom(ValueLayout.JAVA_BYTE, code))));
                return new Module(module);
            } catch (LinkageError e) {
                throw Device.missing("CUDA 13", e);
            }
        }

        Kernel kernel(String name) {
            var function = new CUfunc_st();
            Cuda.check("cuModuleGetFunction of " + name, cudart.cuModuleGetFunction(function, module, name));
            return new Kernel(name, function);
        }

        /** @param sharedBytes the most that a block takes */
        Kernel kernel(String name, int sharedBytes) {
            Kernel kernel = kernel(name);
            Cuda.check(
                    "cuFuncSetAttribute of %s, %,d bytes of shared memory".formatted(name, sharedBytes),
                    cudart.cuFuncSetAttribute(
                            kernel.function, cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes));
            return kernel;
        }
    }

    /**
     * Launches it.
     *
     * @param operands of {@link KernelOperands}
     * @param stream its address
     * @param isChained whether it begins while the kernel before it still runs, and waits for it by itself (from SM 9.0 on)
     */
    void launch(Grid grid, PointerPointer<Pointer> operands, long stream, boolean isChained) {
        CUlaunchConfig config = CONFIGURATION.get().of(grid, stream, isChained);
        Cuda.check(name, cudart.cuLaunchKernelEx(config, function, operands, NOTHING_MORE));
    }

    /** How one thread launches, in memory that is used again. */
    private static final class Configuration {

        private final CUlaunchAttribute chained = new CUlaunchAttribute();
        private final CUlaunchConfig config = new CUlaunchConfig();
        private final Stream stream = new Stream();

        Configuration() {
            chained.id(cudart.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
            chained.value().programmaticStreamSerializationAllowed(1);
            config.attrs(chained);
        }

        CUlaunchConfig of(Grid grid, long address, boolean isChained) {
            stream.at(address);
            return config.gridDimX(grid.x)
                    .gridDimY(grid.y)
                    .gridDimZ(grid.z)
                    .blockDimX(grid.threads)
                    .blockDimY(1)
                    .blockDimZ(1)
                    .sharedMemBytes(grid.sharedBytes)
                    .hStream(stream)
                    .numAttrs(isChained ? 1 : 0);
        }
    }

    /** Somebody else's stream. */
    private static final class Stream extends CUstream_st {

        void at(long stream) {
            address = stream;
        }
    }
}

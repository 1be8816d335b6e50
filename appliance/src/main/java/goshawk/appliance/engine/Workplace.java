package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.DecodeExecution;
import goshawk.trtbuild.tensorrt.DecodeKernels;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Execution;
import goshawk.trtbuild.tensorrt.Plan;

/** Where computations follow each other on the device: one stream, and one piece of scratch memory that all of them use. */
final class Workplace implements AutoCloseable {

    private final DeviceStream stream = new DeviceStream();
    private final DeviceMemory scratch;

    /** @param scratchBytes what the largest of the computations needs */
    Workplace(long scratchBytes) {
        this.scratch = new DeviceMemory(scratchBytes);
    }

    DeviceStream stream() {
        return stream;
    }

    /** A profile of a plan, to be computed here alone. */
    Execution execution(Plan plan, int profile) {
        Execution execution = plan.execution(profile, stream);
        execution.scratch(scratch);
        return execution;
    }

    /** Kernels of a few tokens, likewise. */
    DecodeExecution execution(DecodeKernels kernels) {
        return new DecodeExecution(kernels, scratch);
    }

    @Override
    public void close() {
        stream.synchronize();
        scratch.close();
        stream.close();
    }
}

package goshawk.trtbuild.tensorrt;

import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;

/** A plan with one of its profiles, ready to compute once all inputs have shapes and all tensors addresses. */
public final class Execution {

    private final IExecutionContext context;

    Execution(IExecutionContext context) {
        this.context = context;
    }

    /** @param memory that nobody else uses while this computes */
    public void scratch(DeviceMemory memory) {
        context.setDeviceMemoryV2(new Address(memory.address()), memory.bytes());
    }

    public void shape(String input, long... sizes) {
        try (Dims64 dims = TensorRt.dims(sizes)) {
            TensorRt.done("setInputShape of " + input, context.setInputShape(input, dims));
        }
    }

    public void address(String tensor, long address) {
        TensorRt.done("setTensorAddress of " + tensor, context.setTensorAddress(tensor, new Address(address)));
    }

    public void enqueue(DeviceStream stream) {
        TensorRt.done("enqueueV3", context.enqueueV3(stream.raw()));
    }
}

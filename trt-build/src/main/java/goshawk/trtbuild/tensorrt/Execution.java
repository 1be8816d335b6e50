package goshawk.trtbuild.tensorrt;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;

/**
 * A plan with one of its profiles, ready to compute once all inputs have shapes and all tensors addresses. What
 * TensorRT has been told already is not told again: most tensors stay where they are.
 */
public final class Execution implements Executable {

    private final IExecutionContext context;
    private final Map<String, long[]> shapes = new HashMap<>();
    private final Map<String, Long> addresses = new HashMap<>();

    Execution(IExecutionContext context) {
        this.context = context;
    }

    /** @param memory that nobody else uses while this computes */
    public void scratch(DeviceMemory memory) {
        context.setDeviceMemoryV2(new Address(memory.address()), memory.bytes());
    }

    @Override
    public void shape(String input, long... sizes) {
        if (Arrays.equals(sizes, shapes.get(input))) {
            return;
        }
        shapes.remove(input); // what holds after a failed call is unknown
        try (Dims64 dims = TensorRt.dims(sizes)) {
            TensorRt.done("setInputShape of " + input, context.setInputShape(input, dims));
        }
        shapes.put(input, sizes.clone());
    }

    @Override
    public void address(String tensor, long address) {
        Long told = addresses.get(tensor);
        if (told != null && told == address) {
            return;
        }
        addresses.remove(tensor);
        TensorRt.done("setTensorAddress of " + tensor, context.setTensorAddress(tensor, new Address(address)));
        addresses.put(tensor, address);
    }

    @Override
    public void enqueue(DeviceStream stream) {
        TensorRt.done("enqueueV3", context.enqueueV3(stream.raw()));
    }
}

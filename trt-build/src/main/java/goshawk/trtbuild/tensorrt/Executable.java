package goshawk.trtbuild.tensorrt;

/** What computes once all of its inputs have shapes, and all tensors addresses on the device. */
public interface Executable {

    void shape(String input, long... sizes);

    void address(String tensor, long address);

    /** Computes, in the order of the stream; returns before it is done. */
    void enqueue(DeviceStream stream);
}

package goshawk.trtbuild.tensorrt;

/** A call of CUDA or TensorRT failed. What the device was doing is in an unknown state then, and stays so in this process. */
public final class NativeCallException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String call;

    /** @param call as the library names it */
    NativeCallException(String call, String what) {
        super(call + ": " + what);
        this.call = call;
    }

    NativeCallException(String call, Throwable cause) {
        super(call + ": " + cause.getMessage(), cause);
        this.call = call;
    }

    public String call() {
        return call;
    }
}

package goshawk.trtbuild.tensorrt;

import org.bytedeco.cuda.global.cudart;

/** Turns CUDA's codes into exceptions. */
final class Cuda {

    private Cuda() {}

    static void check(String call, int code) {
        if (code != cudart.cudaSuccess) {
            throw new NativeCallException(
                    call,
                    "%s (CUDA error %d)"
                            .formatted(cudart.cudaGetErrorString(code).getString(), code));
        }
    }
}

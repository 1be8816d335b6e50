/**
 * CUDA and TensorRT, as much of them as is needed: the only place where their calls are made. No type of theirs leaves this package,
 * and none of their ways to fail, a null, a false or a code: each is a {@link
 * goshawk.trtbuild.tensorrt.NativeCallException} with the call's name.
 *
 * <p>Their libraries come with the machine. What is closed here is freed, but for plans: TensorRT's runtime, engines and
 * contexts cannot be freed from Java and live as long as the process.
 */
@NullMarked
package goshawk.trtbuild.tensorrt;

import org.jspecify.annotations.NullMarked;

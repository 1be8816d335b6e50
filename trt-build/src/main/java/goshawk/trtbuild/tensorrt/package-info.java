/**
 * CUDA and TensorRT, as much of them as is needed: the only place where their calls are made. No type of theirs leaves this package,
 * and none of their ways to fail, a null, a false or a code: each is a {@link
 * goshawk.trtbuild.tensorrt.NativeCallException} with the call's name.
 *
 * <p>TensorRT computes the text's attention with an operator of ours: {@link goshawk.trtbuild.tensorrt.CachedAttention} is what
 * it asks about it, {@link goshawk.trtbuild.tensorrt.AttentionCreator} how it comes by it, {@link
 * goshawk.trtbuild.tensorrt.NativeObject} how a C++ object is written in Java. {@link
 * goshawk.trtbuild.tensorrt.KernelCompiler} compiles its kernels, and {@link goshawk.trtbuild.tensorrt.AttentionKernels} launches
 * them as {@link goshawk.trtbuild.tensorrt.AttentionLaunch} says.
 *
 * <p>Their libraries come with the machine. What is closed here is freed, but for plans: TensorRT's runtime, engines and
 * contexts cannot be freed from Java and live as long as the process.
 */
@NullMarked
package goshawk.trtbuild.tensorrt;

import org.jspecify.annotations.NullMarked;

/**
 * CUDA and TensorRT, as much of them as is needed: the only place where their calls are made. No type of theirs leaves this package,
 * and none of their ways to fail, a null, a false or a code: each is a {@link
 * goshawk.trtbuild.tensorrt.NativeCallException} with the call's name.
 *
 * <p>TensorRT computes some of the text with operators of ours: the text's attention, {@link goshawk.trtbuild.tensorrt.CachedAttention}, the first half
 * of an MLP, {@link goshawk.trtbuild.tensorrt.GatedMlp}, and matrices in BF16 of such in four bits, {@link
 * goshawk.trtbuild.tensorrt.Int4Matrix}. {@link goshawk.trtbuild.tensorrt.OperatorPlugin} is what it asks about one, {@link
 * goshawk.trtbuild.tensorrt.OperatorCreator} how it comes by it, {@link goshawk.trtbuild.tensorrt.NativeObject} how a C++ object is
 * written in Java. {@link goshawk.trtbuild.tensorrt.KernelCompiler} compiles their kernels, which are launched as {@link
 * goshawk.trtbuild.tensorrt.AttentionLaunch} and {@link goshawk.trtbuild.tensorrt.GatedLaunch} say.
 *
 * <p>Their libraries come with the machine. What is closed here is freed, but for plans: TensorRT's runtime, engines and
 * contexts cannot be freed from Java and live as long as the process.
 */
@NullMarked
package goshawk.trtbuild.tensorrt;

import org.jspecify.annotations.NullMarked;

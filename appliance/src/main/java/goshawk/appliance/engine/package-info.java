/**
 * The model behind one seam. {@link goshawk.appliance.engine.Engines} opens an engine folder, {@link
 * goshawk.appliance.engine.Engine} is what the rest of the product sees of it. Inside, {@link
 * goshawk.appliance.engine.NativeEngine} works out positions, trees and limits for every runtime, and a {@link
 * goshawk.appliance.engine.NativeModel} computes: {@code OnnxModel} on ONNX Runtime, whose exceptions {@code Ort} alone knows,
 * {@code TensorRtModel} on a GPU.
 */
@NullMarked
package goshawk.appliance.engine;

import org.jspecify.annotations.NullMarked;

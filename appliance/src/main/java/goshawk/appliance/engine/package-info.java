/**
 * The model behind one seam. {@link goshawk.appliance.engine.Engines} opens an engine folder, {@link
 * goshawk.appliance.engine.Engine} is what the rest of the product sees of it. Inside, {@code OnnxEngine} turns pictures
 * and tokens into the inputs of two graphs, {@code Inputs} keeps those in native memory, and {@code Ort} is the only
 * place where ONNX Runtime's exceptions are known.
 */
@NullMarked
package goshawk.appliance.engine;

import org.jspecify.annotations.NullMarked;

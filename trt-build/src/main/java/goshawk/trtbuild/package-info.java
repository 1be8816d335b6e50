/**
 * From a Hugging Face checkpoint folder to an engine folder.
 *
 * <p>{@link goshawk.trtbuild.EngineBuilder} is the way in and {@link goshawk.trtbuild.EngineFolder} what comes out.
 * Between them: {@link goshawk.trtbuild.Checkpoint} finds tensors in memory-mapped {@link
 * goshawk.trtbuild.Safetensors}, {@link goshawk.trtbuild.ModelConfig} holds every size, {@code VisionGraph} and {@code
 * TextGraph} write the two graphs for a {@link goshawk.trtbuild.TargetProfile}, and {@link goshawk.trtbuild.Manifest}
 * records what went in.
 *
 * <p>Beside the engine stands what a model is spoken to with: {@link goshawk.trtbuild.Tokenizer}, {@link
 * goshawk.trtbuild.ChatTemplate} and {@link goshawk.trtbuild.Preprocessor}, and the tables of positions that the graphs
 * take as inputs, {@link goshawk.trtbuild.TextPositions} and {@link goshawk.trtbuild.VisionTables}.
 */
@NullMarked
package goshawk.trtbuild;

import org.jspecify.annotations.NullMarked;

package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code manifest.json}: what an engine folder was made from, and the hash of everything in it. Written once; the SHA-256
 * over its bytes is the engine's identity in every record.
 *
 * @param format version of this file's layout
 * @param shapes sizes that the graphs were written for, as in config.json
 * @param adapter what was merged into the checkpoint; null, and not in the file, for the checkpoint as it is
 * @param quantised how layers are stored for a GPU; null, and not in the file, where they are as in the checkpoint
 * @param plans what TensorRT built of the graphs; null, and not in the file, where the graphs are run
 * @param files name in the engine folder to SHA-256
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Manifest(
        int format,
        Source checkpoint,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Adapter adapter,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Quantised quantised,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Plans plans,
        String architecture,
        String precision,
        Target target,
        Shapes shapes,
        SortedMap<String, String> files) {

    /** The layout written by this version. */
    public static final int FORMAT = 1;

    /**
     * The checkpoint.
     *
     * @param path folder that was read, absolute
     * @param sha256 of the one weight file, or of the list of hashes where there are several; of those that were there before layers
     *     were quantised
     * @param weightsFolder folder that the graphs' external data is relative to: real path, no link
     * @param weights name under {@code weightsFolder} to SHA-256
     */
    public record Source(
            String name, String path, String sha256, String weightsFolder, SortedMap<String, String> weights) {

        public Source {
            weights = new TreeMap<>(weights);
        }
    }

    /**
     * A LoRA adapter.
     *
     * @param path folder that was read, absolute
     * @param sha256 of its weights
     * @param configSha256 of its configuration
     * @param merged SHA-256 of the merged matrices' file
     * @param matrices by the tensor's name
     */
    public record Adapter(
            String name,
            String path,
            String sha256,
            String configSha256,
            String merged,
            SortedMap<String, Change> matrices) {

        public Adapter {
            matrices = new TreeMap<>(matrices);
        }

        /** What a checkpoint of this name is called with the adapter. */
        String nameOf(String checkpoint) {
            return checkpoint + " + " + name;
        }
    }

    /**
     * What was added to one matrix, and what storing it in its own type cost.
     *
     * @param scale what the product of B and A was multiplied with
     * @param relativeError Frobenius norm of stored − exact, as a part of the norm of exact
     * @param largestError largest |stored − exact|
     */
    public record Change(int rank, double scale, double relativeError, double largestError) {}

    /**
     * What was chosen for a GPU, layer by layer.
     *
     * @param gpu its name and compute capability
     * @param memory that the plan was found to need
     * @param calibration null where no activation is quantised
     */
    public record Quantised(
            String gpu,
            PrecisionPlan plan,
            GpuMemory memory,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Calibration calibration) {}

    /**
     * Where activation scales come from.
     *
     * @param sha256 of the scales as they were read
     */
    public record Calibration(ActivationScales.Recipe recipe, int pictures, String sha256) {}

    /**
     * Plans: good for this GPU and this version of TensorRT alone. They hold weights, and the folder the others and the embedding
     * table: the checkpoint is not read any more.
     *
     * @param tensorRt version
     * @param cuda version of the runtime
     * @param gpu name and compute capability
     * @param limits sizes that the plans were built for
     * @param buildSeconds that the building took
     * @param peakBytes most memory that the building processes had at once, pages of files included
     * @param memory the most in each phase; empty in manifests of before
     * @param fp8 which of the text's linear layers that are stored in FP8 are multiplied so
     */
    public record Plans(
            String tensorRt,
            String cuda,
            String gpu,
            PlanLimits limits,
            double buildSeconds,
            long peakBytes,
            List<PhaseMemory> memory,
            PlanInspection fp8) {

        @SuppressWarnings("NullAway") // what Jackson gives where the file has none
        public Plans {
            memory = memory == null ? List.of() : List.copyOf(memory);
        }

        /** What a machine must have free to build this: the most that the processes had at once, without pages of files. */
        public long ownBytes() {
            return memory.stream().mapToLong(PhaseMemory::ownBytes).max().orElse(peakBytes);
        }
    }

    /**
     * The most memory that the processes which build had at once in one phase.
     *
     * @param ownBytes their own: the machine must have it
     * @param allBytes with pages of mapped files, which the kernel can drop and read again
     */
    public record PhaseMemory(String phase, long ownBytes, long allBytes) {}

    /**
     * What the graphs were written for.
     *
     * @param profile name of the target profile
     * @param opset version of ONNX's operators
     * @param graph version of the graph definition: a new one makes a new engine
     */
    public record Target(String profile, int opset, int graph) {}

    /** The model's sizes. */
    public record Shapes(ModelConfig.Text text, ModelConfig.Vision vision) {}

    public Manifest {
        files = new TreeMap<>(files);
    }

    byte[] toJson() {
        return JsonRecord.bytes(this);
    }

    /** @throws IOException if these bytes are no manifest of this format */
    static Manifest fromJson(byte[] json) throws IOException {
        return JsonRecord.read(json, FORMAT, Manifest.class);
    }

    /** Names of all weight files, in order. */
    public List<String> weightNames() {
        return List.copyOf(checkpoint.weights().keySet());
    }
}

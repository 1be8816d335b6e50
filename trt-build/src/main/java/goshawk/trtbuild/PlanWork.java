package goshawk.trtbuild;

import static java.nio.charset.StandardCharsets.UTF_8;

import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.PlanBuilder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One thing that TensorRT does for an engine, for which there is a process of its own.
 *
 * @param graphs engine folder of the graphs
 * @param timings what TensorRT measured of kernels before
 * @param into folder of what is made
 */
record PlanWork(Kind kind, Path graphs, GpuProfile profile, Path timings, Path into) {

    /** What TensorRT's inspector tells of the text plan. */
    static final String LAYERS = "text.layers.json";

    /** In the order in which they are done. */
    enum Kind {
        VISION("vision plan", EngineFolder.VISION_PLAN),
        TEXT("text plan", EngineFolder.TEXT_PLAN),
        /** Of the text plan, once that is there. */
        INSPECTION("inspecting the text plan", LAYERS);

        private final String words;
        private final String file;

        Kind(String words, String file) {
            this.words = words;
            this.file = file;
        }

        /** For a person. */
        String words() {
            return words;
        }

        /** What is made. */
        String file() {
            return file;
        }
    }

    static PlanWork of(List<String> arguments) {
        return new PlanWork(
                Kind.valueOf(arguments.get(0)),
                Path.of(arguments.get(1)),
                GpuProfile.valueOf(arguments.get(2)),
                Path.of(arguments.get(3)),
                Path.of(arguments.get(4)));
    }

    List<String> arguments() {
        return List.of(kind.name(), graphs.toString(), profile.name(), timings.toString(), into.toString());
    }

    /**
     * Does it in this process, which is of no use afterwards.
     *
     * @return SHA-256 of the file that was made
     * @throws goshawk.trtbuild.tensorrt.NativeCallException with what TensorRT said
     */
    String done(PlanBuilder.Steps steps) throws IOException {
        Path made = into.resolve(kind.file());
        if (kind == Kind.INSPECTION) {
            steps.at("loading it", 0, 1);
            byte[] layers =
                    Plan.load(into.resolve(EngineFolder.TEXT_PLAN)).layers().getBytes(UTF_8);
            Files.write(made, layers);
            return Sha256.of(layers);
        }
        EngineFolder folder = EngineFolder.open(graphs);
        List<Safetensors> weights = new ArrayList<>();
        try (HashedFile plan = HashedFile.create(made)) {
            List<MemorySegment> tensors = new ArrayList<>();
            for (String name : folder.manifest().weightNames()) {
                Safetensors file = Safetensors.open(folder.weightsFolder().resolve(name));
                weights.add(file);
                file.tensors().values().forEach(tensor -> tensors.add(file.bytes(tensor)));
            }
            var profiles = new PlanProfiles(folder.config(), PlanLimits.of(folder.config(), profile));
            boolean isVision = kind == Kind.VISION;
            new PlanBuilder(timings, steps)
                    .build(
                            new PlanBuilder.Source(
                                    isVision ? folder.visionGraph() : folder.textGraph(),
                                    folder.weightsFolder(),
                                    tensors,
                                    isVision ? profiles.vision() : profiles.text()),
                            plan);
            return plan.sha256();
        } finally {
            weights.forEach(Safetensors::close);
        }
    }
}

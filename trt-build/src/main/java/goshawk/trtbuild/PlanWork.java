package goshawk.trtbuild;

import static java.nio.charset.StandardCharsets.UTF_8;

import goshawk.trtbuild.tensorrt.DecodeKernels;
import goshawk.trtbuild.tensorrt.DecodeSizes;
import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.KernelCompiler;
import goshawk.trtbuild.tensorrt.OperatorSizes;
import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.PlanBuilder;
import goshawk.trtbuild.tensorrt.TextOperators;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One thing that TensorRT or CUDA's compiler does for an engine, for which there is a process of its own.
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
        /** First, because it takes seconds and a machine may lack the compiler. */
        OPERATORS("kernels of the text plan", EngineFolder.OPERATORS),
        /** Where they compute what the text plan does not. */
        DECODE("kernels of a few tokens", EngineFolder.DECODE),
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

        /** What is done for an engine of these graphs. */
        static List<Kind> of(EngineFolder graphs) {
            return Stream.of(values())
                    .filter(kind -> kind != DECODE || graphs.decodeSizes().isPresent())
                    .toList();
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
        return switch (kind) {
            case OPERATORS -> operators(steps);
            case DECODE -> decode(steps);
            case VISION, TEXT -> plan(steps);
            case INSPECTION -> inspection(steps);
        };
    }

    private String operators(PlanBuilder.Steps steps) throws IOException {
        steps.at("compiling them", 0, 1);
        String sha256 = written(KernelCompiler.cubin(operatorSizes(), Device.open()));
        steps.at("loading them", 0, 1);
        operators(); // what driver or device do not take is told now, and not after minutes
        return sha256;
    }

    private String decode(PlanBuilder.Steps steps) throws IOException {
        steps.at("compiling them", 0, 1);
        DecodeSizes sizes = EngineFolder.open(graphs).decodeSizes().orElseThrow();
        String sha256 = written(KernelCompiler.cubin(sizes, Device.open()));
        steps.at("loading them", 0, 1);
        DecodeKernels.check(into.resolve(EngineFolder.DECODE), sizes); // for the same reason
        return sha256;
    }

    private String inspection(PlanBuilder.Steps steps) throws IOException {
        steps.at("loading it", 0, 1);
        Plan plan = Plan.load(into.resolve(EngineFolder.TEXT_PLAN), operators());
        return written(plan.layers().getBytes(UTF_8));
    }

    /** @return SHA-256 */
    private String written(byte[] made) throws IOException {
        Durable.write(into.resolve(kind.file()), made);
        return Sha256.of(made);
    }

    private OperatorSizes operatorSizes() {
        return OperatorSizes.of(
                ModelConfig.read(graphs.resolve(EngineFolder.CONFIG)).text());
    }

    private TextOperators operators() throws IOException {
        return TextOperators.load(into.resolve(EngineFolder.OPERATORS), operatorSizes());
    }

    private String plan(PlanBuilder.Steps steps) throws IOException {
        EngineFolder folder = EngineFolder.open(graphs);
        List<Safetensors> weights = new ArrayList<>();
        try (HashedFile plan = HashedFile.create(into.resolve(kind.file()))) {
            List<MemorySegment> tensors = new ArrayList<>();
            for (String name : folder.manifest().weightNames()) {
                Safetensors file = Safetensors.open(folder.weightsFolder().resolve(name));
                weights.add(file);
                file.tensors().values().forEach(tensor -> tensors.add(file.bytes(tensor)));
            }
            var profiles = new PlanProfiles(
                    folder.config(),
                    PlanLimits.of(folder.config(), profile),
                    folder.decodeSizes().isEmpty());
            var builder = new PlanBuilder(timings, steps);
            Path base = folder.weightsFolder();
            if (kind == Kind.VISION) {
                builder.build(new PlanBuilder.Source(folder.visionGraph(), base, tensors, profiles.vision()), plan);
            } else {
                builder.build(
                        new PlanBuilder.Source(folder.textGraph(), base, tensors, profiles.text()), operators(), plan);
            }
            return plan.sha256();
        } finally {
            weights.forEach(Safetensors::close);
        }
    }
}

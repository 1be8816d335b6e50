package goshawk.appliance;

import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.Engines;
import goshawk.trtbuild.ActivationScales;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.GpuProfile;
import goshawk.trtbuild.GpuTarget;
import goshawk.trtbuild.Manifest;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.PrecisionChoice;
import goshawk.trtbuild.PrecisionPlan;
import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.NativeCallException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "build",
        mixinStandardHelpOptions = true,
        description = {
            "Builds the engine of a model for this machine, or finds it built, and says where it is.",
            "For a GPU it takes minutes, and is done on the machine that will run it."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the engine is built",
            "2:the model, the GPU or TensorRT cannot do what is wished; nothing is left behind"
        })
final class EngineBuildCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(
            names = "--precision",
            description =
                    "${COMPLETION-CANDIDATES}: what the text's layers are stored as; AUTO takes what the GPU does fastest, of what fits (AUTO).")
    private PrecisionChoice.Wish precision = PrecisionChoice.Wish.AUTO;

    @Option(
            names = "--profile",
            description =
                    "${COMPLETION-CANDIDATES}: ROOMY keeps head and vision tower in BF16, SMALL has shorter conversations, for cards of 10 GB (USUAL).")
    private GpuProfile profile = GpuProfile.USUAL;

    @Option(
            names = "--scales",
            description = "Activation scales as ./goshawk engine calibrate writes them; FP8 needs them.")
    private Optional<Path> scales = Optional.empty();

    @Override
    public Integer call() {
        EngineFolder engine = model.target() == EngineTarget.CPU ? model.cpuEngine() : forGpu();
        EngineIdentity identity = Engines.identity(engine);
        System.out.printf(
                "Engine %s%n%s, %s, %s%n", engine.path(), identity.name(), identity.precision(), identity.runtime());
        Manifest.Plans plans = engine.manifest().plans();
        if (plans != null) {
            System.out.printf(
                    "Built in %.0f s with at most %s of memory of its own, %s with pages of files.%n",
                    plans.buildSeconds(), MemoryNeed.words(plans.ownBytes()), MemoryNeed.words(plans.peakBytes()));
            plans.memory()
                    .forEach(phase -> System.out.printf(
                            "  %-50s %10s %10s%n",
                            phase.phase(), MemoryNeed.words(phase.ownBytes()), MemoryNeed.words(phase.allBytes())));
        }
        Manifest.Quantised quantised = engine.manifest().quantised();
        if (quantised != null) {
            tell(quantised.plan());
        }
        return ExitCode.OK;
    }

    private static void tell(PrecisionPlan plan) {
        System.out.println(plan.choice().why());
        if (!plan.kept().isEmpty()) {
            System.out.println("Layers that stay BF16: " + String.join(", ", plan.kept()));
        }
    }

    private EngineFolder forGpu() {
        Gpu gpu;
        try {
            gpu = Device.open();
        } catch (NativeCallException e) {
            if (model.target() == EngineTarget.TENSORRT) {
                throw new CommandException("no GPU for TensorRT: %s".formatted(e.getMessage()));
            }
            System.out.printf("For the CPU, because there is no GPU for TensorRT: %s%n", e.getMessage());
            return model.cpuEngine();
        }
        Optional<ActivationScales> read = scales.map(ActivationScales::read);
        if (read.filter(it -> it.means().isEmpty()).isPresent()) {
            System.out.println(
                    "The scales tell no means; made anew with ./goshawk engine calibrate, FP8 costs the vision tower less.");
        }
        return model.gpuEngine(new GpuTarget(gpu, precision, profile, read));
    }
}

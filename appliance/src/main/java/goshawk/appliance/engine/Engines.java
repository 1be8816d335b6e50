package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Manifest;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.TargetProfile;
import java.util.OptionalInt;

/** Opens an engine folder with the runtime that it was built for. */
public final class Engines {

    private Engines() {}

    /** Who will answer when this folder is opened, without opening it. */
    public static EngineIdentity identity(EngineFolder folder) {
        Manifest.Plans plans = folder.manifest().plans();
        return plans == null ? OnnxModel.identity(folder) : identity(folder, plans);
    }

    private static EngineIdentity identity(EngineFolder folder, Manifest.Plans plans) {
        Manifest.Quantised quantised = folder.manifest().quantised();
        String weights = quantised == null
                ? folder.manifest().precision()
                : quantised.plan().choice().form().words();
        return new EngineIdentity(
                folder.manifest().checkpoint().name(),
                folder.hash(),
                "bf16 arithmetic, weights " + weights,
                "TensorRT %s, %s".formatted(plans.tensorRt(), plans.gpu()));
    }

    /**
     * Opens the engine on the calling thread, which alone may use and close it.
     *
     * @param threads CPU threads that one computation is spread over, the calling one included; at least 1
     * @throws EngineException if the runtime refuses the engine
     */
    public static Engine open(EngineFolder folder, int threads) {
        return open(folder, threads, OptionalInt.empty());
    }

    /**
     * As {@link #open(EngineFolder, int)}, with a bound for the memory of conversations.
     *
     * @param context tokens that a conversation may have; empty for as many as the model knows and memory holds
     */
    public static Engine open(EngineFolder folder, int threads, OptionalInt context) {
        Manifest.Plans plans = folder.manifest().plans();
        if (plans == null) {
            return open(folder, threads, context, (_, _, _) -> {});
        }
        return NativeEngine.open(
                folder,
                identity(folder, plans),
                MemoryNeed.Target.GPU_BF16,
                TensorRtModel::load,
                OptionalInt.of(Math.min(
                        context.orElse(Integer.MAX_VALUE), plans.limits().contextTokens())));
    }

    /**
     * As {@link #open(EngineFolder, int, OptionalInt)}, for an engine built with {@link TargetProfile#CALIBRATION}.
     *
     * @param observer told of every linear layer's input, on the thread that uses the engine
     */
    public static Engine open(EngineFolder folder, int threads, OptionalInt context, ActivationObserver observer) {
        return NativeEngine.open(
                folder,
                OnnxModel.identity(folder),
                MemoryNeed.Target.CPU_FP32,
                it -> OnnxModel.load(it, threads, observer),
                context);
    }
}

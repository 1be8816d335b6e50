package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.TargetProfile;
import java.util.OptionalInt;

/** Opens an engine folder with the runtime that it was built for. */
public final class Engines {

    private Engines() {}

    /** Who will answer when this folder is opened, without opening it. */
    public static EngineIdentity identity(EngineFolder folder) {
        return OnnxEngine.identity(folder);
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
        return OnnxEngine.open(folder, threads, context);
    }

    /**
     * As {@link #open(EngineFolder, int, OptionalInt)}, for an engine built with {@link TargetProfile#CALIBRATION}.
     *
     * @param observer told of every linear layer's input, on the thread that uses the engine
     */
    public static Engine open(EngineFolder folder, int threads, OptionalInt context, ActivationObserver observer) {
        return OnnxEngine.open(folder, threads, context, observer);
    }
}

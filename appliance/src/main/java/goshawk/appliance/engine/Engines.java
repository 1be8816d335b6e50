package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;

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
        return OnnxEngine.open(folder, threads);
    }
}

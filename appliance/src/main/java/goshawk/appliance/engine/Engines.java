package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;

/** Opens an engine folder with the runtime that it was built for. */
public final class Engines {

    private Engines() {}

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

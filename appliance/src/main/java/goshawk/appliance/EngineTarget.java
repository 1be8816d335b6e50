package goshawk.appliance;

/** Where a model runs. */
enum EngineTarget {
    /** On a GPU where that can be, else on the CPU. */
    AUTO,
    CPU,
    TENSORRT
}

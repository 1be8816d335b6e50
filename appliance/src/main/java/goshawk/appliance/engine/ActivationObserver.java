package goshawk.appliance.engine;

/** Told how large the inputs of a model's linear layers become while it is used. */
public interface ActivationObserver {

    /**
     * @param linear the layer's name, as transformers has it
     * @param largest the largest magnitude in each row of its input
     * @param mean of these rows, column by column; empty for layers that do not tell it
     */
    void saw(String linear, float[] largest, float[] mean);
}

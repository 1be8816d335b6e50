package goshawk.appliance.engine;

/** One pass of a device's text graph on ONNX Runtime, behind what was read before. */
interface TextPass extends AutoCloseable {

    /** Keys and values of the first tokens of a conversation. */
    interface Kept extends AutoCloseable {

        int length();

        @Override
        void close();
    }

    /**
     * @param logits {@code [asked, vocabulary]}
     * @param kept with the new tokens
     */
    record Told(float[] logits, Kept kept) {}

    Kept none();

    /** How many rows are computed for so many tokens. */
    int rows(int tokens);

    /** @param inputs words, what DeepStack adds, and angles are there, of all {@code rows} */
    Told read(Inputs inputs, Kept before, Looking looking, int rows, long[] asked);

    /** The same, and nothing is kept. */
    float[] suffix(Inputs inputs, Kept before, Looking looking, int rows, long[] asked);

    @Override
    void close();
}

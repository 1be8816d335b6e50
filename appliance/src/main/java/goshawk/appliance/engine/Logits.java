package goshawk.appliance.engine;

import java.nio.FloatBuffer;

/** What an engine tells of the logits of one place, which lie in memory of its runtime: one a vocabulary entry. */
final class Logits {

    private Logits() {}

    static float[] all(FloatBuffer row) {
        float[] logits = new float[row.remaining()];
        row.get(row.position(), logits);
        return logits;
    }

    /**
     * Those of {@code tokens}, in their order.
     *
     * @throws EngineException for a token that is not of the vocabulary
     */
    static float[] of(FloatBuffer row, int[] tokens) {
        float[] logits = new float[tokens.length];
        for (int i = 0; i < logits.length; i++) {
            if (tokens[i] < 0 || tokens[i] >= row.limit()) {
                throw new EngineException("ask: token %d, the vocabulary has %d".formatted(tokens[i], row.limit()));
            }
            logits[i] = row.get(tokens[i]);
        }
        return logits;
    }
}

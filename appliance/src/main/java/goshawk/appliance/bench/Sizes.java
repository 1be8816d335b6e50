package goshawk.appliance.bench;

import java.util.List;

/**
 * What a bench is made of: a square picture, texts as long as its tokens and twice as long, prompts behind it, conversations
 * to go on.
 *
 * @param side of the picture in pixels
 * @param textTokens read with the picture in a part
 * @param promptTokens of one prompt
 * @param contexts tokens behind which one more is decoded
 */
public record Sizes(int side, int textTokens, int promptTokens, List<Integer> contexts) {

    /** For a CPU and a small model. */
    public static final Sizes QUICK = new Sizes(448, 40, 20, List.of(300, 600));

    /** A megapixel, and what conversations about it come to. */
    public static final Sizes FULL = new Sizes(1024, 40, 40, List.of(1_200, 3_000));

    public Sizes {
        contexts = List.copyOf(contexts);
    }
}

package goshawk.appliance.inspect;

/**
 * A language of byte strings, walked byte by byte: what a model may still say. States are numbers that mean something to
 * the grammar alone. Safe for any thread; the same bytes lead to the same state for as long as the grammar lives.
 */
public interface Grammar {

    /** Answer of {@link #next} when the byte may not follow. No state has this number. */
    long REFUSED = -1;

    /** Before the first byte. */
    long start();

    /**
     * @param value in [0, 255]
     * @return the state after {@code value}, or {@link #REFUSED}
     */
    long next(long state, int value);

    /** True when the text is whole and nothing may follow. From every other state, a whole text can be reached. */
    boolean isEnd(long state);

    /**
     * True when the text is whole, though more may follow: {@code 12} is a number, and so is {@code 123}. Then the model may
     * say that it is done.
     */
    default boolean mayEnd(long state) {
        return isEnd(state);
    }

    /**
     * Within a JSON string in which for now anything goes: how many characters may still follow before its closing quote,
     * {@link Integer#MAX_VALUE} for any number. Everything without quotes, backslashes and control characters is allowed up
     * to that many, and nothing else of this kind is. 0 when this is not so, or not known. It saves time, and no more.
     */
    default int freeCharacters(long state) {
        return 0;
    }

    /** The state after all of {@code bytes}, or {@link #REFUSED}. */
    default long next(long state, byte[] bytes) {
        long at = state;
        for (int i = 0; i < bytes.length && at != REFUSED; i++) {
            at = next(at, bytes[i] & 0xff);
        }
        return at;
    }
}

package goshawk.appliance.inspect;

/**
 * A language of byte strings, walked byte by byte: what a model may still say. States are numbers that mean something to
 * the grammar alone. Immutable; safe for any thread.
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

    /** The state after all of {@code bytes}, or {@link #REFUSED}. */
    default long next(long state, byte[] bytes) {
        long at = state;
        for (int i = 0; i < bytes.length && at != REFUSED; i++) {
            at = next(at, bytes[i] & 0xff);
        }
        return at;
    }
}

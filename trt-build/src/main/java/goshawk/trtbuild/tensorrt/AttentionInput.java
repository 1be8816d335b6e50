package goshawk.trtbuild.tensorrt;

/** Places of the inputs of {@link CachedAttention}. */
final class AttentionInput {

    static final int QUERY = 0;
    static final int KEYS_AND_VALUES = 1;
    static final int QUERY_NORM = 2;
    static final int KEY_NORM = 3;
    static final int COS = 4;
    static final int SIN = 5;
    static final int SEES = 6;
    static final int PLACES = 7;
    static final int LAYER = 8;

    /** Last, and only where what is attended is to be E4M3. */
    static final int SCALE = 9;

    /** Without a scale. */
    static final int COUNT = 9;

    private AttentionInput() {}
}

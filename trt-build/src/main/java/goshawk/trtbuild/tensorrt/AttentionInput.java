package goshawk.trtbuild.tensorrt;

/** Places of the inputs of {@link CachedAttention}. */
final class AttentionInput {

    static final int QUERY = 0;
    static final int KEY = 1;
    static final int VALUE = 2;
    static final int QUERY_NORM = 3;
    static final int KEY_NORM = 4;
    static final int COS = 5;
    static final int SIN = 6;
    static final int SEES = 7;
    static final int PLACES = 8;
    static final int LAYER = 9;

    /** Last, and only where what is attended is to be E4M3. */
    static final int SCALE = 10;

    /** Without a scale. */
    static final int COUNT = 10;

    private AttentionInput() {}
}

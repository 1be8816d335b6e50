package goshawk.appliance.engine;

/** What tokens see of others, added to their scores: nothing, or so little that it is nothing. */
final class Mask {

    /** Added to the score of what a token may not see. */
    static final float HIDDEN = -1e9f;

    private Mask() {}
}

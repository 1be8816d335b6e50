package goshawk.trtbuild;

/**
 * The most that fewer bits may cost a linear layer; one that passes either bound stays BF16.
 *
 * @param relative of the whole matrix, see {@link WeightError}
 * @param worstChannel of any output channel
 */
public record ErrorBounds(double relative, double worstChannel) {

    /** Normally distributed weights cost 0.026 in FP8 and 0.12 in INT4 with blocks of 128; bounds leave room above that. */
    public static ErrorBounds of(WeightForm form) {
        return switch (form) {
            case FP8 -> new ErrorBounds(0.04, 0.08);
            case INT4 -> new ErrorBounds(0.15, 0.25);
            case BF16 -> new ErrorBounds(Double.MAX_VALUE, Double.MAX_VALUE);
        };
    }

    boolean allow(WeightError error) {
        return error.relative() <= relative && error.worstChannel() <= worstChannel;
    }
}

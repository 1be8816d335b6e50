package goshawk.trtbuild;

/**
 * How far a weight matrix in another form lies from what it was.
 *
 * @param relative Frobenius norm of stored − exact, as a part of the norm of exact; at least 0
 * @param worstChannel the same of the output channel that suffers most
 * @param channel that channel's row
 */
public record WeightError(double relative, double worstChannel, long channel) {

    /** Of what is stored as it was. */
    static final WeightError NONE = new WeightError(0, 0, 0);
}

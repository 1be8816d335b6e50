package goshawk.appliance.api;

import java.time.Duration;

/**
 * What one server grants.
 *
 * @param conversations held at a time; more are refused
 * @param contextTokens of one conversation, prompt and answer together; keys and values of so many are held for each
 * @param pictures in one conversation
 * @param pictureTokens that a picture may stand for; a larger picture is made smaller
 * @param pieceTokens read in one step at most, a picture apart: what bounds how long a part waits
 * @param requestBytes of a request's body
 * @param patience from the request to the end of its answer
 */
record ApiLimits(
        int conversations,
        int contextTokens,
        int pictures,
        int pictureTokens,
        int pieceTokens,
        int requestBytes,
        Duration patience) {

    static final ApiLimits USUAL = new ApiLimits(4, 4_096, 16, 256, 128, 8 << 20, Duration.ofMinutes(5));

    /** The same, with conversations of at most {@code tokens}. */
    ApiLimits withContext(int tokens) {
        return new ApiLimits(conversations, tokens, pictures, pictureTokens, pieceTokens, requestBytes, patience);
    }
}

package goshawk.appliance.domain;

/**
 * What the model said to itself before it gave a verdict. No part of the verdict: it is kept for people.
 *
 * @param prompt id of the prompt that asked
 * @param region name of the recipe's region that was looked at
 * @param text as far as it came
 * @param tokens that the model chose
 */
public record Thought(String prompt, String region, String text, int tokens, Ending ended) {

    /** Why it ended. */
    public enum Ending {
        /** The model closed it. */
        BY_ITSELF,
        /** The recipe's tokens were spent. */
        BUDGET,
        /** The answer would have come too late. */
        DEADLINE
    }
}

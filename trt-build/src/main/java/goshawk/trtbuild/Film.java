package goshawk.trtbuild;

import java.util.List;

/**
 * A film as the model takes it.
 *
 * @param patches for the vision tower; {@code gridT} steps of time
 * @param seconds the time of each step, from the film's beginning
 * @param tokensPerStep tokens that stand for one step
 */
public record Film(Patches patches, List<Double> seconds, int tokensPerStep) {

    public Film {
        seconds = List.copyOf(seconds);
    }
}

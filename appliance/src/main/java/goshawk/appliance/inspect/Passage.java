package goshawk.appliance.inspect;

import goshawk.appliance.domain.ReferencePicture;
import java.util.Optional;

/**
 * A piece of what is said before every part of a kind is shown: a picture, if any, and the words after it.
 *
 * @param words tokens, at least one
 */
record Passage(Optional<ReferencePicture> picture, int[] words) {}

/** Finds how a part lies in its picture, by its reference bores and its outline. */
@NullMarked
package goshawk.appliance.pose;

import org.jspecify.annotations.NullMarked;

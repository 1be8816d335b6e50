/**
 * How good the inspection is: verdicts against the truth, with exact intervals, and a classical inspector to compare
 * with.
 */
@NullMarked
package goshawk.appliance.evaluate;

import org.jspecify.annotations.NullMarked;

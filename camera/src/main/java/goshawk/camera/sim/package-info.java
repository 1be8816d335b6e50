/**
 * Simulated brackets: pictures with known truth, drawn from a seed by the JDK alone.
 *
 * <p>Two frames of reference. <em>Part</em>: millimetres, origin at the part's centre, x right, y down. <em>Picture</em>: pixels,
 * origin top-left, pixel (i, j) covers [i, i+1) × [j, j+1). {@link goshawk.camera.sim.PartPose} takes one to the other.
 *
 * <p>Every number that reaches a pixel comes from {@code + - * /}, {@code Math.sqrt} or {@code StrictMath}, so that the same seed
 * gives the same bytes on every machine.
 */
@NullMarked
package goshawk.camera.sim;

import org.jspecify.annotations.NullMarked;

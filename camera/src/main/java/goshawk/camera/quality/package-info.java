/**
 * How good pictures are, and how clean the lens is: {@link goshawk.camera.quality.QualityMeter} looks at one picture, {@link
 * goshawk.camera.quality.DirtMap} at what stays in its place over many. Plain arithmetic on a frame's bytes; nothing is kept of a
 * frame.
 */
@NullMarked
package goshawk.camera.quality;

import org.jspecify.annotations.NullMarked;

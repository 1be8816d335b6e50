/**
 * Line-scan cameras: pictures that a moving belt makes of single lines.
 *
 * <p>Begin at {@link goshawk.camera.linescan.LineScanFrameSource}, a {@link goshawk.camera.FrameSource} like any other. It asks a
 * {@link goshawk.camera.linescan.LineCamera} for lines and has a {@link goshawk.camera.linescan.FrameAssembler} put each where the
 * belt was when it was seen; {@link goshawk.camera.linescan.LineScan} says when a picture begins and ends.
 */
@NullMarked
package goshawk.camera.linescan;

import org.jspecify.annotations.NullMarked;

/** Frames in: what a camera, a recording or the simulation delivers, one {@link goshawk.camera.Capture} a trigger. */
@NullMarked
package goshawk.camera;

import org.jspecify.annotations.NullMarked;

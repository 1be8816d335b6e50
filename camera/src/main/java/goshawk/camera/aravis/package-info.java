/**
 * GenICam cameras, GigE Vision and USB3 Vision, through Aravis.
 *
 * <p>{@link goshawk.camera.aravis.GenicamCameras} says which are there, {@link goshawk.camera.aravis.AravisCamera} is one
 * of them with its features, {@link goshawk.camera.aravis.AravisFrameGrabber} takes its pictures. Native memory has two
 * owners, the camera and its stream; every call of the library is in {@code Aravis}.
 */
@NullMarked
package goshawk.camera.aravis;

import org.jspecify.annotations.NullMarked;

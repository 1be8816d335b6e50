/**
 * What a camera's pictures measure: {@link goshawk.camera.calibration.CheckerboardCalibrator} and {@link
 * goshawk.camera.calibration.KnownDistances} make a {@link goshawk.camera.calibration.CameraCalibration}, {@link
 * goshawk.camera.calibration.UndistortingFrameSource} applies its lens to each frame. Behind it is OpenCV.
 */
@NullMarked
package goshawk.camera.calibration;

import org.jspecify.annotations.NullMarked;

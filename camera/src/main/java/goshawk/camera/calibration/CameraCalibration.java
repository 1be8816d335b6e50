package goshawk.camera.calibration;

import goshawk.camera.PixelScale;
import java.util.List;
import java.util.Optional;

/**
 * What a camera's pictures measure.
 *
 * @param widthPx of the pictures that it is for
 * @param heightPx of the pictures that it is for
 * @param scale in the plane of the part, after the lens's distortion was taken out if it is known
 * @param lens empty where only the scale is known
 * @param evidence how good it is
 */
public record CameraCalibration(int widthPx, int heightPx, PixelScale scale, Optional<Lens> lens, Evidence evidence) {

    /**
     * OpenCV's model of a lens.
     *
     * @param focalX in pixels
     * @param focalY in pixels
     * @param centreX of the distortion, in pixels
     * @param centreY of the distortion, in pixels
     * @param distortion k1, k2, p1, p2, k3
     */
    public record Lens(double focalX, double focalY, double centreX, double centreY, List<Double> distortion) {
        public Lens {
            distortion = List.copyOf(distortion);
            if (!(focalX > 0 && focalY > 0) || distortion.size() != 5) {
                throw new IllegalArgumentException(
                        "a lens has focal lengths above 0 and 5 distortion coefficients, got %s, %s and %s"
                                .formatted(focalX, focalY, distortion));
            }
        }
    }

    /**
     * @param pictures that went into it
     * @param rmsPx root of the mean square of the distances between corners as seen and as they should be, in pixels; 0 where
     *     nothing is left over to tell by
     * @param worstPx the largest of these distances
     */
    public record Evidence(String method, int pictures, double rmsPx, double worstPx) {}
}

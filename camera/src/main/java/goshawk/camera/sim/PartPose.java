package goshawk.camera.sim;

import java.util.Locale;

/**
 * Where a simulated part lies.
 *
 * @param dxMm from the picture's centre to the part's, mm, right is positive
 * @param dyMm likewise, down is positive
 * @param degrees turn of the part, clockwise as seen in the picture
 */
public record PartPose(double dxMm, double dyMm, double degrees) {

    public PartPose {
        if (!(Math.abs(dxMm) <= DefectLimits.POSE_MM
                && Math.abs(dyMm) <= DefectLimits.POSE_MM
                && Math.abs(degrees) <= DefectLimits.POSE_DEGREES)) {
            throw new IllegalArgumentException("pose outside ±%s mm, ±%s°: %s, %s, %s"
                    .formatted(DefectLimits.POSE_MM, DefectLimits.POSE_DEGREES, dxMm, dyMm, degrees));
        }
    }

    /** As in {@code truth.csv}: {@code dx_mm;dy_mm;degrees}, four decimals. */
    String text() {
        return String.format(Locale.ROOT, "%.4f;%.4f;%.4f", dxMm, dyMm, degrees);
    }
}

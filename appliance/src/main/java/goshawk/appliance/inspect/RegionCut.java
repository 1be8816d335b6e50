package goshawk.appliance.inspect;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;

/**
 * A region of the nominal picture, taken from a picture in which the part lies otherwise: turned and shifted back, one
 * pixel for one pixel. Bilinear, as the checkpoint's training has it.
 */
final class RegionCut {

    /** How far beyond its edge a picture is continued; past that, the region is not in the picture. */
    private static final double SLACK = 1.0;

    private RegionCut() {}

    /**
     * @return {@code region.width() × region.height()} RGB pixels
     * @throws InspectionException when part of the region is not in the picture: nobody has seen it
     */
    static byte[] of(Frame frame, String name, Region region, Pose pose) {
        Point origin = pose.toActual(new Point(region.left() + 0.5, region.top() + 0.5));
        inside(frame, name, region, pose);
        boolean isStraight = pose.degrees() == 0 && isWhole(pose.dxPx()) && isWhole(pose.dyPx());
        return isStraight
                ? copied(frame, region, (int) Math.rint(pose.dxPx()), (int) Math.rint(pose.dyPx()))
                : turned(frame, region, origin, Math.toRadians(pose.degrees()));
    }

    private static boolean isWhole(double pixels) {
        return Math.abs(pixels - Math.rint(pixels)) < 1e-9;
    }

    private static void inside(Frame frame, String name, Region region, Pose pose) {
        double beyond = 0;
        for (int x : new int[] {region.left(), region.right()}) {
            for (int y : new int[] {region.top(), region.bottom()}) {
                Point corner = pose.toActual(new Point(x, y));
                beyond = Math.max(beyond, Math.max(-corner.x(), corner.x() - frame.width()));
                beyond = Math.max(beyond, Math.max(-corner.y(), corner.y() - frame.height()));
            }
        }
        if (beyond > SLACK) {
            throw new InspectionException(
                    Cause.POSE,
                    "region %s reaches %.0f px beyond the picture's edge".formatted(name, Math.ceil(beyond)));
        }
    }

    private static byte[] copied(Frame frame, Region region, int dx, int dy) {
        int width = region.width();
        byte[] cut = new byte[width * region.height() * 3];
        int left = Math.clamp(region.left() + dx, 0, frame.width() - width);
        for (int y = 0; y < region.height(); y++) {
            int row = Math.clamp(region.top() + dy + y, 0, frame.height() - 1);
            System.arraycopy(frame.rgb(), (row * frame.width() + left) * 3, cut, y * width * 3, width * 3);
        }
        return cut;
    }

    private static byte[] turned(Frame frame, Region region, Point origin, double radians) {
        double cos = Math.cos(radians);
        double sin = Math.sin(radians);
        byte[] cut = new byte[region.width() * region.height() * 3];
        int to = 0;
        for (int y = 0; y < region.height(); y++) {
            // Pixel (0, 0) has its centre at (0.5, 0.5).
            double x0 = origin.x() - 0.5 - y * sin;
            double y0 = origin.y() - 0.5 + y * cos;
            for (int x = 0; x < region.width(); x++) {
                sample(frame, x0 + x * cos, y0 + x * sin, cut, to);
                to += 3;
            }
        }
        return cut;
    }

    /** In whole numbers with 8 bits of fraction for each direction. */
    private static void sample(Frame frame, double x, double y, byte[] cut, int to) {
        byte[] rgb = frame.rgb();
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        int right = (int) ((x - left) * 256 + 0.5);
        int bottom = (int) ((y - top) * 256 + 0.5);
        int x0 = Math.clamp(left, 0, frame.width() - 1);
        int x1 = Math.clamp(left + 1, 0, frame.width() - 1);
        int y0 = Math.clamp(top, 0, frame.height() - 1) * frame.width();
        int y1 = Math.clamp(top + 1, 0, frame.height() - 1) * frame.width();
        int a = (y0 + x0) * 3;
        int b = (y0 + x1) * 3;
        int c = (y1 + x0) * 3;
        int d = (y1 + x1) * 3;
        for (int channel = 0; channel < 3; channel++) {
            int upper = (rgb[a + channel] & 0xff) * (256 - right) + (rgb[b + channel] & 0xff) * right;
            int lower = (rgb[c + channel] & 0xff) * (256 - right) + (rgb[d + channel] & 0xff) * right;
            cut[to + channel] = (byte) ((upper * (256 - bottom) + lower * bottom + (1 << 15)) >> 16);
        }
    }
}

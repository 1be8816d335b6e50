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
public final class RegionCut {

    /** How far beyond its edge a picture is continued; past that, the region is not in the picture. */
    private static final double SLACK = 1.0;

    private static final int FRACTION = 32;
    private static final double ONE = 1L << FRACTION;

    private RegionCut() {}

    /**
     * @return {@code region.width() × region.height()} RGB pixels
     * @throws InspectionException when part of the region is not in the picture: nobody has seen it
     */
    public static byte[] of(Frame frame, String name, Region region, Pose pose) {
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
        int width = region.width();
        byte[] cut = new byte[width * region.height() * 3];
        for (int y = 0; y < region.height(); y++) {
            // Pixel (0, 0) has its centre at (0.5, 0.5).
            double x0 = origin.x() - 0.5 - y * sin;
            double y0 = origin.y() - 0.5 + y * cos;
            row(frame, x0, y0, cos, sin, cut, y * width * 3, width);
        }
        return cut;
    }

    /** One row of the cut: a line through the picture, in whole numbers with {@value #FRACTION} bits of fraction. */
    private static void row(Frame frame, double x0, double y0, double dx, double dy, byte[] cut, int start, int count) {
        byte[] rgb = frame.rgb();
        int width = frame.width();
        int height = frame.height();
        long x = Math.round(x0 * ONE);
        long y = Math.round(y0 * ONE);
        long stepX = Math.round(dx * ONE);
        long stepY = Math.round(dy * ONE);
        int to = start;
        for (int i = 0; i < count; i++) {
            int left = (int) (x >> FRACTION);
            int top = (int) (y >> FRACTION);
            int right = (int) (x >> (FRACTION - 8)) & 0xff;
            int bottom = (int) (y >> (FRACTION - 8)) & 0xff;
            boolean isInside = left >= 0 && top >= 0 && left < width - 1 && top < height - 1;
            int a = isInside ? (top * width + left) * 3 : at(frame, left, top);
            int b = isInside ? a + 3 : at(frame, left + 1, top);
            int c = isInside ? a + width * 3 : at(frame, left, top + 1);
            int d = isInside ? c + 3 : at(frame, left + 1, top + 1);
            for (int channel = 0; channel < 3; channel++) {
                int upper = (rgb[a + channel] & 0xff) * (256 - right) + (rgb[b + channel] & 0xff) * right;
                int lower = (rgb[c + channel] & 0xff) * (256 - right) + (rgb[d + channel] & 0xff) * right;
                cut[to++] = (byte) ((upper * (256 - bottom) + lower * bottom + (1 << 15)) >> 16);
            }
            x += stepX;
            y += stepY;
        }
    }

    /** Index of the nearest pixel in the picture. */
    private static int at(Frame frame, int x, int y) {
        int row = Math.clamp(y, 0, frame.height() - 1);
        return (row * frame.width() + Math.clamp(x, 0, frame.width() - 1)) * 3;
    }
}

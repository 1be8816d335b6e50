package goshawk.appliance.pose;

import static org.bytedeco.opencv.global.opencv_core.CV_8UC1;
import static org.bytedeco.opencv.global.opencv_core.minMaxLoc;
import static org.bytedeco.opencv.global.opencv_imgproc.TM_CCOEFF_NORMED;
import static org.bytedeco.opencv.global.opencv_imgproc.matchTemplate;

import goshawk.appliance.domain.Point;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;

/**
 * What a bore of one size looks like, a dark disc on bright metal, and where a picture looks like it. Owns native
 * memory; used by one thread.
 */
final class BoreTemplate implements AutoCloseable {

    /** Share of the radius that is shown around the disc. */
    private static final double SURROUND = 1.35;

    /** A candidate weaker than this is no bore: half covered ones reach about 0.6. */
    private static final double LEAST_LIKENESS = 0.45;

    private static final int CANDIDATES = 4;

    /**
     * @param centre in the picture, to a pixel
     * @param likeness correlation with the template, in [-1, 1]
     */
    record Candidate(Point centre, double likeness) {}

    private final Mat template;
    private final double radiusPx;

    BoreTemplate(double radiusPx) {
        this.radiusPx = radiusPx;
        int side = 2 * (int) Math.ceil(radiusPx * SURROUND);
        byte[] levels = new byte[side * side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                double outside = Math.hypot(x + 0.5 - side / 2.0, y + 0.5 - side / 2.0) - radiusPx;
                levels[y * side + x] = (byte) (int) (40 + 160 * Math.clamp(outside / 3 + 0.5, 0, 1));
            }
        }
        this.template = new Mat(side, side, CV_8UC1);
        template.data().put(levels);
    }

    /**
     * The most likely centres within {@code reachPx} of a place, the likeliest first; none when the place is so close to
     * the picture's edge that no whole bore fits.
     */
    List<Candidate> candidates(Mat grey, Point expected, double reachPx) {
        int side = template.cols();
        int left = Math.max(0, (int) Math.floor(expected.x() - reachPx - side / 2.0));
        int top = Math.max(0, (int) Math.floor(expected.y() - reachPx - side / 2.0));
        int right = Math.min(grey.cols(), (int) Math.ceil(expected.x() + reachPx + side / 2.0));
        int bottom = Math.min(grey.rows(), (int) Math.ceil(expected.y() + reachPx + side / 2.0));
        if (right - left < side || bottom - top < side) {
            return List.of();
        }
        try (var window = new Rect(left, top, right - left, bottom - top);
                var part = new Mat(grey, window);
                var likeness = new Mat()) {
            matchTemplate(part, template, likeness, TM_CCOEFF_NORMED);
            return peaks(likeness, left + side / 2.0, top + side / 2.0);
        }
    }

    private List<Candidate> peaks(Mat likeness, double x0, double y0) {
        List<Candidate> peaks = new ArrayList<>();
        int apart = (int) Math.ceil(radiusPx / 3);
        try (FloatIndexer values = likeness.createIndexer()) {
            for (int n = 0; n < CANDIDATES; n++) {
                try (var best = new DoublePointer(1);
                        var place = new org.bytedeco.opencv.opencv_core.Point()) {
                    minMaxLoc(likeness, null, best, null, place, null);
                    if (!(best.get() >= LEAST_LIKENESS)) {
                        return peaks;
                    }
                    peaks.add(new Candidate(new Point(x0 + place.x(), y0 + place.y()), best.get()));
                    for (int y = Math.max(0, place.y() - apart);
                            y < Math.min(likeness.rows(), place.y() + apart + 1);
                            y++) {
                        for (int x = Math.max(0, place.x() - apart);
                                x < Math.min(likeness.cols(), place.x() + apart + 1);
                                x++) {
                            values.put(y, x, -1f);
                        }
                    }
                }
            }
        }
        return peaks;
    }

    @Override
    public void close() {
        template.close();
    }
}

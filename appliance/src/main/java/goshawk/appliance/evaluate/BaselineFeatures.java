package goshawk.appliance.evaluate;

import static org.bytedeco.opencv.global.opencv_core.CV_32SC1;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC1;
import static org.bytedeco.opencv.global.opencv_imgproc.CC_STAT_AREA;
import static org.bytedeco.opencv.global.opencv_imgproc.CC_STAT_HEIGHT;
import static org.bytedeco.opencv.global.opencv_imgproc.CC_STAT_WIDTH;
import static org.bytedeco.opencv.global.opencv_imgproc.connectedComponentsWithStats;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.bytedeco.javacpp.indexer.IntIndexer;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * What the classical inspector measures on a flat part: the golden difference in each zone, blobs of it, and the dark
 * blob of each bolt's socket. All grow with what is wrong; those of counts and sums as logarithms.
 */
final class BaselineFeatures {

    static final List<String> NAMES = List.of(
            "bolt difference",
            "bolt difference, peak",
            "bolt rim difference",
            "socket darkness, most",
            "socket darkness, least",
            "socket off centre",
            "bolt brightness, odd one",
            "bolt tint, odd one",
            "label difference",
            "label difference, peak",
            "label unlike",
            "surface brighter",
            "surface darker",
            "surface peak",
            "surface blob, sum",
            "surface blob, length",
            "surface fine brighter",
            "surface fine darker",
            "surface fine blob, sum",
            "surface fine blob, length",
            "level off, share",
            "level off, blob",
            "label turned",
            "label shifted",
            "label character, worst",
            "dark line, short",
            "bright line, short",
            "dark line, long");

    private static final double HEAD_MM = 3.5;
    private static final double SOCKET_MM = 2.7;
    private static final double RIM_MM = 5;
    private static final float DARK = -0.7f;
    private static final float BLOB_FROM = 3.5f;
    private static final float LEVEL_BLOB_FROM = 3f;

    private BaselineFeatures() {}

    /** In the order of {@link #NAMES}. */
    static double[] of(FlatPart part, GoldenModel golden) {
        float[] off = FlatPart.blurred(golden.reliefOff(part), 1.0);
        float[] wide = FlatPart.blurred(off, 5.0);
        float[] fine = new float[off.length];
        for (int i = 0; i < off.length; i++) {
            fine[i] = off[i] - wide[i];
        }
        float[] level = FlatPart.blurred(golden.levelOff(part), 3.0);
        double[] features = new double[NAMES.size()];
        bolts(part, off, features);
        label(part, golden, features);
        surface(off, features, 11);
        surfaceFine(fine, features);
        double[] blob = largestBlob(i -> BracketLayout.ZONES[i] != 0 && Math.abs(level[i]) > LEVEL_BLOB_FROM, level);
        features[20] =
                Math.log1p(100 * share(i -> BracketLayout.ZONES[i] != 0 && Math.abs(level[i]) > LEVEL_BLOB_FROM));
        features[21] = Math.log1p(blob[1]);
        float[] smooth = FlatPart.blurred(part.relief(), 0.8);
        double[] shortLine = LineFilter.strongest(smooth, 7);
        double[] longLine = LineFilter.strongest(smooth, 19);
        features[25] = Math.log1p(shortLine[0]);
        features[26] = Math.log1p(shortLine[1]);
        features[27] = Math.log1p(longLine[0]);
        return features;
    }

    private static void bolts(FlatPart part, float[] off, double[] features) {
        double[] brightness = new double[4];
        double[] tint = new double[4];
        features[4] = -1;
        for (int bolt = 0; bolt < 4; bolt++) {
            double xMm = BracketLayout.BOLTS_MM[bolt][0];
            double yMm = BracketLayout.BOLTS_MM[bolt][1];
            int reach = (int) Math.ceil(RIM_MM / 0.09) + 1;
            int x0 = (int) BracketLayout.x(xMm);
            int y0 = (int) BracketLayout.y(yMm);
            double head = 0;
            double rim = 0;
            int headPixels = 0;
            int rimPixels = 0;
            int dark = 0;
            int socketPixels = 0;
            double darkX = 0;
            double darkY = 0;
            double[] peaks = new double[(2 * reach + 1) * (2 * reach + 1)];
            int seen = 0;
            for (int y = Math.max(0, y0 - reach); y < Math.min(BracketLayout.HEIGHT, y0 + reach); y++) {
                for (int x = Math.max(0, x0 - reach); x < Math.min(BracketLayout.WIDTH, x0 + reach); x++) {
                    double away = BracketLayout.awayMm(x, y, xMm, yMm);
                    int i = y * BracketLayout.WIDTH + x;
                    if (away > RIM_MM) {
                        continue;
                    }
                    peaks[seen++] = Math.abs(off[i]);
                    if (away < HEAD_MM) {
                        head += off[i] * off[i];
                        brightness[bolt] += part.level()[i];
                        tint[bolt] += part.tint()[i];
                        headPixels++;
                    } else {
                        rim += off[i] * off[i];
                        rimPixels++;
                    }
                    if (away < SOCKET_MM) {
                        socketPixels++;
                        if (part.level()[i] < DARK) {
                            dark++;
                            darkX += x + 0.5 - BracketLayout.x(xMm);
                            darkY += y + 0.5 - BracketLayout.y(yMm);
                        }
                    }
                }
            }
            brightness[bolt] /= headPixels;
            tint[bolt] /= headPixels;
            double darkness = (double) dark / socketPixels;
            features[0] = Math.max(features[0], Math.log1p(head / headPixels));
            features[1] = Math.max(features[1], Math.log1p(percentile(peaks, seen, 0.98)));
            features[2] = Math.max(features[2], Math.log1p(rim / rimPixels));
            features[3] = Math.max(features[3], darkness);
            features[4] = Math.max(features[4], -darkness);
            features[5] = Math.max(features[5], Math.hypot(darkX, darkY) / Math.max(60, dark));
        }
        features[6] = oddOne(brightness);
        features[7] = oddOne(tint);
    }

    /** How far the most unusual of four is from the middle of them. */
    private static double oddOne(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double middle = (sorted[1] + sorted[2]) / 2;
        return Math.max(sorted[3] - middle, middle - sorted[0]);
    }

    private static void label(FlatPart part, GoldenModel golden, double[] features) {
        FlatLabel label = golden.label(part);
        float[] off = golden.labelOff(label);
        double[] sizes = new double[off.length];
        double squares = 0;
        for (int i = 0; i < off.length; i++) {
            sizes[i] = Math.abs(off[i]);
            squares += off[i] * off[i];
        }
        features[8] = Math.log1p(squares / off.length);
        features[9] = Math.log1p(percentile(sizes, sizes.length, 0.97));
        features[10] = 1 - label.likeness();
        features[22] = Math.abs(label.degrees());
        features[23] = label.shiftPx();
        features[24] = Math.log1p(worstCharacter(off));
    }

    /** The largest mean square over windows about as large as a character. */
    private static double worstCharacter(float[] off) {
        double worst = 0;
        int width = 24;
        int top = 14;
        int bottom = 54;
        for (int x = 6; x + width < FlatLabel.WIDTH - 6; x += 4) {
            double squares = 0;
            for (int y = top; y < bottom; y++) {
                for (int k = x; k < x + width; k++) {
                    squares += off[y * FlatLabel.WIDTH + k] * off[y * FlatLabel.WIDTH + k];
                }
            }
            worst = Math.max(worst, squares / (width * (bottom - top)));
        }
        return worst;
    }

    private static void surface(float[] off, double[] features, int at) {
        double brighter = 0;
        double darker = 0;
        double[] peaks = new double[off.length];
        int seen = 0;
        for (int i = 0; i < off.length; i++) {
            if (BracketLayout.ZONES[i] == BracketLayout.SURFACE) {
                brighter = Math.max(brighter, off[i]);
                darker = Math.max(darker, -off[i]);
                peaks[seen++] = Math.abs(off[i]);
            }
        }
        double[] blob =
                largestBlob(i -> BracketLayout.ZONES[i] == BracketLayout.SURFACE && Math.abs(off[i]) > BLOB_FROM, off);
        features[at] = Math.log1p(brighter);
        features[at + 1] = Math.log1p(darker);
        features[at + 2] = Math.log1p(percentile(peaks, seen, 0.9995));
        features[at + 3] = Math.log1p(blob[0]);
        features[at + 4] = Math.log1p(blob[2]);
    }

    private static void surfaceFine(float[] fine, double[] features) {
        double[] all = new double[16];
        surface(fine, all, 0);
        features[16] = all[0];
        features[17] = all[1];
        features[18] = all[3];
        features[19] = all[4];
    }

    private static double share(IntPredicate predicate) {
        int hits = 0;
        for (int i = 0; i < BracketLayout.ZONES.length; i++) {
            hits += predicate.test(i) ? 1 : 0;
        }
        return (double) hits / BracketLayout.ZONES.length;
    }

    /** Of the blob with the largest sum of |off|: that sum, the area in pixels, the diagonal of its box in pixels. */
    private static double[] largestBlob(IntPredicate predicate, float[] off) {
        byte[] mask = new byte[off.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = (byte) (predicate.test(i) ? 255 : 0);
        }
        try (var binary = new Mat(BracketLayout.HEIGHT, BracketLayout.WIDTH, CV_8UC1);
                var labels = new Mat();
                var stats = new Mat();
                var centroids = new Mat()) {
            binary.data().put(mask);
            int blobs = connectedComponentsWithStats(binary, labels, stats, centroids, 8, CV_32SC1);
            double[] sums = new double[blobs];
            try (IntIndexer label = labels.createIndexer();
                    IntIndexer stat = stats.createIndexer()) {
                for (int y = 0; y < BracketLayout.HEIGHT; y++) {
                    for (int x = 0; x < BracketLayout.WIDTH; x++) {
                        int i = y * BracketLayout.WIDTH + x;
                        if (mask[i] != 0) {
                            sums[label.get(y, x)] += Math.abs(off[i]);
                        }
                    }
                }
                int largest = 0;
                for (int blob = 1; blob < blobs; blob++) {
                    if (largest == 0 || sums[blob] > sums[largest]) {
                        largest = blob;
                    }
                }
                return largest == 0
                        ? new double[3]
                        : new double[] {
                            sums[largest],
                            stat.get(largest, CC_STAT_AREA),
                            Math.hypot(stat.get(largest, CC_STAT_WIDTH), stat.get(largest, CC_STAT_HEIGHT))
                        };
            }
        }
    }

    private static double percentile(double[] values, int count, double share) {
        double[] sorted = Arrays.copyOf(values, count);
        Arrays.sort(sorted);
        return Evaluation.percentile(sorted, share);
    }
}

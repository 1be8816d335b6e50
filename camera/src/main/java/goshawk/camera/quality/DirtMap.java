package goshawk.camera.quality;

import goshawk.camera.Frame;
import java.util.Arrays;

/**
 * What stays in its place while parts change: mean levels of cells over many pictures, each picture made equally bright, beside those of the commissioning. A cell
 * that has become darker or brighter than its like, by more than the parts' own variety explains, is dirt on lens or window.
 *
 * <p>Dirt that lay there at the commissioning is not seen, nor is any that takes no light. Of one thread.
 */
public final class DirtMap {

    /** Pictures that the commissioning takes. */
    public static final int COMMISSIONING = 64;

    private static final int CELLS_ACROSS = 64;

    /** Of a picture's weight among those before it: the last hundred count. */
    private static final double SHARE = 0.02;

    /** So many standard errors are the parts' own: less often exceeded than once in a million cells. */
    private static final double ERRORS = 5;

    /** Mean of all cells of a picture. */
    private static final double EVEN = 100;

    /** Of a darker cell nobody can tell what share of its light it has lost. */
    private static final double DARKEST = 12;

    private final int widthPx;
    private final int heightPx;
    private final int side;
    private final int across;
    private final float[] now;
    private final double[] recent;
    private final float[] means;
    private final float[] variances;
    private final double[] ratios;
    private int commissioned;
    private long seen;

    /**
     * What was seen at the commissioning.
     *
     * @param means level of each cell, row by row
     * @param variances of the level from picture to picture
     */
    public record Commissioning(int widthPx, int heightPx, float[] means, float[] variances) {}

    /** Begins with the commissioning of a camera of this size. */
    public DirtMap(int widthPx, int heightPx) {
        this.widthPx = widthPx;
        this.heightPx = heightPx;
        this.side = Math.max(4, Math.ceilDiv(widthPx, CELLS_ACROSS));
        this.across = Math.ceilDiv(widthPx, side);
        int cells = across * Math.ceilDiv(heightPx, side);
        this.now = new float[cells];
        this.recent = new double[cells];
        this.means = new float[cells];
        this.variances = new float[cells];
        this.ratios = new double[cells];
    }

    /**
     * Goes on from a commissioning.
     *
     * @throws IllegalArgumentException when it has other cells
     */
    public static DirtMap of(Commissioning commissioning) {
        var map = new DirtMap(commissioning.widthPx(), commissioning.heightPx());
        if (commissioning.means().length != map.means.length || commissioning.variances().length != map.means.length) {
            throw new IllegalArgumentException("a commissioning of %d and %d cells, %d×%d pixels have %d"
                    .formatted(
                            commissioning.means().length,
                            commissioning.variances().length,
                            map.widthPx,
                            map.heightPx,
                            map.means.length));
        }
        System.arraycopy(commissioning.means(), 0, map.means, 0, map.means.length);
        System.arraycopy(commissioning.variances(), 0, map.variances, 0, map.means.length);
        map.commissioned = COMMISSIONING;
        return map;
    }

    /** True when the commissioning has all of its pictures. */
    public boolean isCommissioned() {
        return commissioned == COMMISSIONING;
    }

    /** What was seen at it; whole only when {@link #isCommissioned()}. */
    public Commissioning commissioning() {
        return new Commissioning(widthPx, heightPx, means.clone(), variances.clone());
    }

    /** Takes a picture of the size that this was made for. */
    public void add(Frame frame) {
        levels(frame);
        if (commissioned < COMMISSIONING) {
            commission();
            return;
        }
        seen++;
        double share = Math.max(SHARE, 1 / (double) seen); // a plain mean at first
        for (int i = 0; i < now.length; i++) {
            recent[i] += share * (now[i] - recent[i]);
        }
    }

    private void levels(Frame frame) {
        Arrays.fill(now, 0);
        byte[] rgb = frame.rgb();
        int step = Math.max(1, side / 4);
        for (int cellTop = 0, row = 0; cellTop < heightPx; cellTop += side, row++) {
            int bottom = Math.min(cellTop + side, heightPx);
            for (int column = 0; column < across; column++) {
                int left = column * side;
                int right = Math.min(left + side, widthPx);
                long sum = 0;
                int count = 0;
                for (int y = cellTop; y < bottom; y += step) {
                    for (int x = left; x < right; x += step) {
                        sum += rgb[(y * widthPx + x) * 3 + 1] & 0xff; // green is most of grey
                        count++;
                    }
                }
                now[row * across + column] = (float) sum / count;
            }
        }
        double mean = 0;
        for (float level : now) {
            mean += level / now.length;
        }
        for (int i = 0; i < now.length; i++) {
            now[i] *= (float) (EVEN / Math.max(1, mean)); // exposure and lamps are not the lens's
        }
    }

    private void commission() {
        commissioned++;
        for (int i = 0; i < now.length; i++) {
            float off = now[i] - means[i];
            means[i] += off / commissioned;
            variances[i] += off * (now[i] - means[i]); // a sum until the last picture
        }
        if (isCommissioned()) {
            for (int i = 0; i < now.length; i++) {
                variances[i] /= COMMISSIONING - 1;
            }
        }
    }

    /**
     * By which share, in [0, 1], the worst cell has become darker or brighter beyond what all cells have in common and the parts
     * explain; 0 until enough pictures came after the commissioning.
     */
    public double dirt() {
        if (seen < COMMISSIONING / 2) {
            return 0;
        }
        double common = common();
        double pictures = Math.min((double) seen, 2 / SHARE - 1);
        double worst = 0;
        for (int i = 0; i < now.length; i++) {
            if (means[i] >= DARKEST) {
                double error = Math.sqrt(variances[i] * (1 / pictures + 1.0 / COMMISSIONING)) / means[i];
                worst = Math.max(worst, Math.abs(1 - recent[i] / means[i] / common) - ERRORS * error);
            }
        }
        return Math.min(1, worst);
    }

    /** The median of the cells' changes: lamps and exposure. */
    private double common() {
        int count = 0;
        for (int i = 0; i < now.length; i++) {
            if (means[i] >= DARKEST) {
                ratios[count++] = recent[i] / means[i];
            }
        }
        Arrays.sort(ratios, 0, count);
        return count == 0 ? 1 : Math.max(1e-3, ratios[count / 2]);
    }
}

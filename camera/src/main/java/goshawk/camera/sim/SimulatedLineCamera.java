package goshawk.camera.sim;

import goshawk.camera.linescan.LineCamera;
import goshawk.camera.linescan.LineScan;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * A line-scan camera over a {@link SimulatedBelt} with rendered brackets on it, each a gap behind the other. A line shows the
 * belt's place to the µm, however fast the belt is.
 *
 * <p>With an encoder the camera takes a line each time that the encoder has counted on to one, forwards or backwards, unless that
 * comes sooner than its rate allows: such a line is lost. Without an encoder it takes lines at its rate.
 */
public final class SimulatedLineCamera implements LineCamera {

    /** Pixels of a line. */
    public static final int WIDTH = BracketRenderer.WIDTH;

    private static final double PART_MM = BracketRenderer.HEIGHT * View.MM_PER_PIXEL;
    private static final int BYTES = WIDTH * 3;
    private static final byte BELT_GREY = 28;
    private static final long AT_ONCE_NANOS = 2_000_000;
    /** Looks at the encoder for each line that the camera could take. */
    private static final int LOOKS = 8;

    private final Scene scene;
    private final SimulatedBelt belt;
    private final LineScan scan;
    private final double lineMm;
    private final boolean isPaced;
    private final long startNanos = System.nanoTime();
    private final long tickNanos;
    private final long periodNanos;
    private final byte[] line = new byte[BYTES];
    private final Deque<Drawn> drawn = new ArrayDeque<>();
    private long simulatedNanos;
    private long taken = Long.MIN_VALUE; // simulated nanos of the last line
    private long lastLine;

    /**
     * What lies on the belt.
     *
     * @param parts that there are; {@link Long#MAX_VALUE} for a belt without an end
     * @param gapMm before each part, above 0
     * @param barrierMm from the light barrier to the camera, along the belt
     */
    public record Scene(long seed, long parts, RenderOptions options, double gapMm, double barrierMm) {
        public Scene {
            if (!(gapMm > 0 && barrierMm >= 0)) {
                throw new IllegalArgumentException(
                        "parts lie more than 0 mm apart and the barrier stands before the camera, got %s mm and %s mm"
                                .formatted(gapMm, barrierMm));
            }
        }

        private double pitchMm() {
            return gapMm + PART_MM;
        }

        /** The part at a place of the belt, or -1 for none. */
        private long partAt(double millimetres) {
            long part = (long) Math.floor(millimetres / pitchMm());
            return part >= 0 && part < parts && intoPartMm(part, millimetres) >= 0 ? part : -1;
        }

        private double intoPartMm(long part, double millimetres) {
            double into = millimetres - part * pitchMm() - gapMm;
            return Math.abs(into) < 1e-9 ? 0 : into; // sums of lines' lengths are not exact
        }
    }

    private record Drawn(long index, SimulatedPart part) {}

    /**
     * @param scan says what takes a line, and how fast
     * @param micrometresPerLine along the belt
     * @param isPaced takes as long as the belt; otherwise the belt's time runs as fast as lines are asked for
     */
    public SimulatedLineCamera(
            Scene scene, SimulatedBelt belt, LineScan scan, double micrometresPerLine, boolean isPaced) {
        this.scene = scene;
        this.belt = belt;
        this.scan = scan;
        this.lineMm = micrometresPerLine / 1_000;
        this.isPaced = isPaced;
        this.periodNanos = Math.round(1e6 / scan.rateKHz());
        this.tickNanos =
                scan.placing() instanceof LineScan.Placing.Time ? periodNanos : Math.max(1, periodNanos / LOOKS);
    }

    /** Lines that a bracket's picture has with such lines. */
    public static int linesOfPart(double micrometresPerLine) {
        return (int) Math.round(PART_MM * 1_000 / micrometresPerLine);
    }

    /** What is true of a part, in pixels of its picture from its first line on. */
    public PartTruth truth(long index) {
        PartTruth truth = part(index).truth();
        double stretch = View.MM_PER_PIXEL / lineMm;
        return new PartTruth(
                truth.kind(),
                truth.defects().stream()
                        .map(box -> new DefectBox(
                                box.left(),
                                (int) Math.floor(box.top() * stretch),
                                box.right(),
                                (int) Math.ceil(box.bottom() * stretch),
                                box.code()))
                        .toList(),
                truth.pose(),
                truth.code(),
                truth.writing());
    }

    @Override
    public int widthPx() {
        return WIDTH;
    }

    @Override
    public boolean isSimulated() {
        return true;
    }

    @Override
    public long nanoTime() {
        return startNanos + simulatedNanos; // of the belt: a machine that falls behind is no belt that stands
    }

    @Override
    public boolean read(Lines lines, Duration wait) throws InterruptedException {
        long until = simulatedNanos + Math.min(wait.toNanos(), AT_ONCE_NANOS);
        while (simulatedNanos < until) {
            simulatedNanos += tickNanos;
            tick(lines);
        }
        if (isPaced) {
            TimeUnit.NANOSECONDS.sleep(startNanos + simulatedNanos - System.nanoTime());
        }
        return belt.positionMm(simulatedNanos) < (double) scene.parts() * scene.pitchMm() + scene.gapMm();
    }

    private void tick(Lines lines) {
        double millimetres = belt.positionMm(simulatedNanos);
        switch (scan.placing()) {
            case LineScan.Placing.Time() -> hand(lines, millimetres, 0);
            case LineScan.Placing.Encoder(int steps, var _) -> {
                long now = (long) Math.floor(millimetres / lineMm + 1e-9);
                if (now != lastLine) {
                    lastLine = now;
                    if (taken == Long.MIN_VALUE || simulatedNanos - taken >= periodNanos) {
                        taken = simulatedNanos;
                        hand(lines, now * lineMm, (int) (now * steps));
                    }
                }
            }
        }
    }

    private void hand(Lines lines, double millimetres, int encoder) {
        paint(millimetres);
        lines.line(line, 0, encoder, startNanos + simulatedNanos, scene.partAt(millimetres + scene.barrierMm()) >= 0);
    }

    private void paint(double millimetres) {
        long index = scene.partAt(millimetres);
        if (index < 0) {
            Arrays.fill(line, BELT_GREY);
            return;
        }
        byte[] rgb = part(index).rgb();
        double row = scene.intoPartMm(index, millimetres) / View.MM_PER_PIXEL;
        double nearest = Math.rint(row);
        double exact = Math.abs(row - nearest) < 1e-6 ? nearest : row;
        int upper = (int) exact;
        int lower = Math.min(upper + 1, BracketRenderer.HEIGHT - 1);
        int share = (int) Math.round((exact - upper) * 256);
        if (share == 0) {
            System.arraycopy(rgb, upper * BYTES, line, 0, BYTES);
            return;
        }
        for (int i = 0; i < BYTES; i++) {
            int above = rgb[upper * BYTES + i] & 0xff;
            int below = rgb[lower * BYTES + i] & 0xff;
            line[i] = (byte) ((above * (256 - share) + below * share + 128) >> 8);
        }
    }

    /** Drawn once: a belt that runs back shows the part before once more. */
    private SimulatedPart part(long index) {
        for (Drawn one : drawn) {
            if (one.index() == index) {
                return one.part();
            }
        }
        var part = BracketRenderer.render(scene.seed(), index, scene.options());
        drawn.addLast(new Drawn(index, part));
        if (drawn.size() > 2) {
            drawn.removeFirst();
        }
        return part;
    }

    /** Nothing is held open. */
    @Override
    public void close() {}
}

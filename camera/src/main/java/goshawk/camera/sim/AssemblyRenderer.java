package goshawk.camera.sim;

import goshawk.camera.sim.Assembly.Fit;
import goshawk.camera.sim.Scene.Bolt;
import goshawk.camera.sim.Scene.Optics;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws clips of the station where the bracket's four bolts are fitted.
 *
 * <p>The part is painted twice, without bolts and with all of them; every frame takes the surroundings of each bolt from one or the
 * other, shakes a little, and has the worker painted over it. The same seed, index and options give the same bytes on every machine.
 * Stateless: any thread.
 */
public final class AssemblyRenderer {

    /** Part of the picture's plane that the width of a frame shows, mm. */
    private static final double WIDTH_MM = 67.2;

    /** A bolt, its washer and their shadows lie within this of the bolt's centre. */
    private static final double BOLT_REACH = 9.5;

    /** How far a bolt that is being driven in stands off at first, mm of its thread. */
    private static final double THREAD_MM = 8;

    private final ClipOptions options;
    private final Assembly assembly;
    private final Optics optics;
    private final View view;
    private final Lamps lamps;
    private final Canvas empty;
    private final Canvas full;
    private final Dice shaking;

    private AssemblyRenderer(long seed, long index, ClipOptions options) {
        this.options = options;
        assembly = Assembly.draw(new Dice(seed, index, "assembly"), options.seconds());
        Scene drawn = new SceneDraw(seed, index).good(true);
        optics = drawn.optics().magnified(View.MM_PER_PIXEL * options.width() / WIDTH_MM);
        view = new View(drawn.pose(), optics, options.width(), options.height());
        lamps = new Lamps(view, optics);
        full = lit(drawn);
        Scene bare = drawn;
        for (int i = 0; i < Bracket.BOLTS.length; i++) {
            Bolt bolt = drawn.bolts().get(i);
            bare = bare.withBolt(i, bolt.missing(false));
        }
        empty = lit(bare);
        shaking = new Dice(seed, index, "shaking");
    }

    /**
     * Renders clip {@code index} of the shift {@code seed}.
     *
     * @param index 0 or more; clips do not depend on each other
     */
    public static SimulatedClip render(long seed, long index, ClipOptions options) {
        return new AssemblyRenderer(seed, index, options).clip();
    }

    private Canvas lit(Scene scene) {
        return BracketRenderer.lit(scene, view, 0, 0, options.width(), options.height());
    }

    private SimulatedClip clip() {
        List<byte[]> frames = new ArrayList<>();
        for (int k = 0; k < options.frames(); k++) {
            frames.add(frame(k, (double) k / options.framesPerSecond()));
        }
        return new SimulatedClip(frames, options, assembly.events(options.seconds()));
    }

    private byte[] frame(int number, double at) {
        double[] tip = assembly.tip(at);
        var part = new Canvas(view, 0, 0, options.width(), options.height());
        copy(empty, part);
        boolean driving = false;
        for (Fit fit : assembly.fits()) {
            if (at >= fit.seatedAt()) {
                seat(part, fit.bolt());
            } else if (at >= fit.takenAt()) {
                driving |= at >= fit.landsAt();
                carry(part, fit, at, tip);
            }
        }
        var drift = assembly.drift();
        double shake = driving ? drift.shakeDriving() : drift.shakeAtRest();
        Canvas canvas = shifted(part, shaking.around(0, shake), shaking.around(0, shake));
        worker(canvas, at, tip);
        double gain = 1 + drift.light() * StrictMath.sin(2 * Math.PI * at / drift.period() + drift.phase());
        Optics now = optics.frame(number, gain * shaking.around(1, 0.008));
        Sensor.expose(canvas, now);
        return Sensor.read(canvas, now);
    }

    private void worker(Canvas canvas, double at, double[] tip) {
        var painter = new WorkerPainter(canvas, lamps, assembly.worker());
        for (var sweep : assembly.sweeps()) {
            if (at >= sweep.from() && at <= sweep.to()) {
                double share = (at - sweep.from()) / (sweep.to() - sweep.from());
                painter.hand(
                        sweep.startX() + share * (sweep.endX() - sweep.startX()),
                        sweep.startY() + share * (sweep.endY() - sweep.startY()),
                        sweep.towards());
            }
        }
        painter.driver(tip[0], tip[1]);
    }

    private static void copy(Canvas from, Canvas to) {
        System.arraycopy(from.red, 0, to.red, 0, to.red.length);
        System.arraycopy(from.green, 0, to.green, 0, to.green.length);
        System.arraycopy(from.blue, 0, to.blue, 0, to.blue.length);
    }

    private void seat(Canvas part, int bolt) {
        double[] place = Bracket.BOLTS[bolt];
        part.around(place[0], place[1], BOLT_REACH, (i, x, y) -> {
            if (Bracket.distance(x, y, place[0], place[1]) < BOLT_REACH) {
                part.red[i] = full.red[i];
                part.green[i] = full.green[i];
                part.blue[i] = full.blue[i];
            }
        });
    }

    /** A bolt on the tip, or over its hole while it is screwed down: its head, cut out of the picture in which it sits. */
    private void carry(Canvas part, Fit fit, double at, double[] tip) {
        double[] place = Bracket.BOLTS[fit.bolt()];
        double share = Math.clamp((at - fit.landsAt()) / (fit.seatedAt() - fit.landsAt()), 0, 1);
        double high = Bracket.HEAD_HEIGHT + THREAD_MM * (1 - share);
        double headX = view.leanX(tip[0], high);
        double headY = view.leanY(tip[1], high);
        double sitsX = view.leanX(place[0], Bracket.HEAD_HEIGHT);
        double sitsY = view.leanY(place[1], Bracket.HEAD_HEIGHT);
        double radius = Bracket.HEAD_RADIUS + 0.1;
        double shadowX = headX + lamps.shadowX() * high;
        double shadowY = headY + lamps.shadowY() * high;
        part.around(headX, headY, radius + high + 2, (i, x, y) -> {
            double cast = Bracket.toSegment(x, y, headX, headY, shadowX, shadowY) - radius;
            double dark = 1 - 0.35 * PlatePainter.fade((cast + 0.5) / 2);
            part.scale(i, dark, dark, dark);
            double alpha = part.coverage(Bracket.distance(x, y, headX, headY) - radius);
            if (alpha > 0) {
                double fromX = view.toPixelX(sitsX + x - headX, sitsY + y - headY) - 0.5;
                double fromY = view.toPixelY(sitsX + x - headX, sitsY + y - headY) - 0.5;
                part.blend(
                        i,
                        sample(full.red, fromX, fromY),
                        sample(full.green, fromX, fromY),
                        sample(full.blue, fromX, fromY),
                        alpha);
            }
        });
    }

    private Canvas shifted(Canvas part, double dx, double dy) {
        var shifted = new Canvas(view, 0, 0, options.width(), options.height());
        for (int row = 0, i = 0; row < options.height(); row++) {
            for (int column = 0; column < options.width(); column++, i++) {
                shifted.red[i] = sample(part.red, column + dx, row + dy);
                shifted.green[i] = sample(part.green, column + dx, row + dy);
                shifted.blue[i] = sample(part.blue, column + dx, row + dy);
            }
        }
        return shifted;
    }

    /** Between four pixels; the picture's edge goes on beyond it. */
    private float sample(float[] plane, double x, double y) {
        double inX = Math.clamp(x, 0, options.width() - 1.001);
        double inY = Math.clamp(y, 0, options.height() - 1.001);
        int left = (int) inX;
        int top = (int) inY;
        float u = (float) (inX - left);
        float v = (float) (inY - top);
        int i = top * options.width() + left;
        float upper = plane[i] + (plane[i + 1] - plane[i]) * u;
        float lower = plane[i + options.width()] + (plane[i + options.width() + 1] - plane[i + options.width()]) * u;
        return upper + (lower - upper) * v;
    }
}

package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Blemish;
import goshawk.camera.sim.Scene.Bolt;
import goshawk.camera.sim.Scene.Head;

/** Paints what the part lies on, the plate with its damages, and the bores. */
final class PlatePainter {

    private final Canvas canvas;
    private final Lamps lamps;
    private final Scene scene;

    PlatePainter(Canvas canvas, Lamps lamps, Scene scene) {
        this.canvas = canvas;
        this.lamps = lamps;
        this.scene = scene;
    }

    void paint() {
        backdrop();
        for (int i = 0; i < Bracket.BOLTS.length; i++) {
            shadow(scene.bolts().get(i), Bracket.BOLTS[i][0], Bracket.BOLTS[i][1]);
        }
        for (Blemish blemish : scene.blemishes()) {
            switch (blemish) {
                case Blemish.Scratch scratch -> scratch(scratch);
                case Blemish.Crack crack -> crack(crack);
                case Blemish.Dent dent -> dent(dent);
            }
        }
        plate();
        for (double[] bore : Bracket.BORES) {
            bore(bore[0], bore[1]);
        }
    }

    private void backdrop() {
        var backdrop = scene.backdrop();
        var tint = backdrop.tint();
        double cos = StrictMath.cos(backdrop.angle());
        double sin = StrictMath.sin(backdrop.angle());
        double shadowX = lamps.shadowX() * Bracket.THICKNESS * 0.35;
        double shadowY = lamps.shadowY() * Bracket.THICKNESS * 0.35;
        canvas.everywhere((i, x, y) -> {
            double outside = Bracket.outline(x, y);
            if (outside < -0.2) {
                return;
            }
            double light = backdropLight(backdrop, cos, sin, x, y);
            if (outside < 5) {
                double shaded = Bracket.outline(x - shadowX, y - shadowY);
                light *= 1 - 0.55 * fade((shaded + 0.2) / 2.4) - 0.3 * fade(outside / 1.2);
            }
            canvas.red[i] = (float) (tint.red() * light);
            canvas.green[i] = (float) (tint.green() * light);
            canvas.blue[i] = (float) (tint.blue() * light);
        });
    }

    private double backdropLight(Scene.Backdrop backdrop, double cos, double sin, double x, double y) {
        double u = cos * x + sin * y + backdrop.offsetX();
        double v = cos * y - sin * x + backdrop.offsetY();
        double cloud = 1 + 0.12 * Grain.at(u * 0.11, v * 0.11);
        return switch (backdrop.ground()) {
            case BELT -> {
                double weft = ripple(u / backdrop.pitch());
                double warp = ripple(v / backdrop.pitch() + 0.5 * Math.floor(u / backdrop.pitch()));
                yield cloud * (0.62 + 0.5 * weft * warp + 0.18 * Grain.at(u * 6, v * 6));
            }
            case ROUGH_BELT -> cloud * (0.8 + 0.5 * Grain.rough(u * 3.1, v * 3.1) + 0.25 * Grain.at(u * 11, v * 11));
            case FIXTURE -> {
                double slot = Math.abs(v - backdrop.offsetY() - 18.6);
                double dark = slot < 1.3 ? 0.35 : slot < 1.5 ? 1.9 : 1;
                yield dark * cloud * (0.75 + 0.2 * Grain.at(u * 0.4, v * 7) + 0.1 * Grain.at(u * 9, v * 9));
            }
            case STEEL ->
                cloud * (0.85 + 0.2 * Grain.at(u * 0.12, v * 5.3) + 0.14 * Grain.rough(u * 0.9, v * 0.9))
                        + (Grain.at(u * 0.22 + 91, v * 2.2) > 0.8 ? 0.3 : 0);
            case PAINTED -> cloud * (0.95 + 0.05 * Grain.rough(u * 1.7, v * 1.7) + 0.03 * Grain.at(u * 12, v * 12));
        };
    }

    /** A wave of period 1 in [0, 1], cheaper than a sine. */
    private static double ripple(double t) {
        double phase = t - Math.floor(t);
        return 4 * phase * (1 - phase);
    }

    /** 1 at or below 0, falling smoothly to 0 at 1. */
    static double fade(double t) {
        if (t <= 0) {
            return 1;
        }
        return t >= 1 ? 0 : (1 - t) * (1 - t) * (1 + 2 * t);
    }

    private void shadow(Bolt bolt, double x, double y) {
        double tall = bolt.head() == Head.NONE
                ? (bolt.washer() ? Bracket.WASHER_HEIGHT : 0)
                : Bracket.WASHER_HEIGHT + Bracket.HEAD_HEIGHT + bolt.proud();
        if (tall == 0) {
            return;
        }
        double radius = bolt.head() == Head.NONE ? Bracket.WASHER_RADIUS : bolt.radius();
        double topX = x + lamps.shadowX() * tall;
        double topY = y + lamps.shadowY() * tall;
        canvas.around(x, y, Bracket.WASHER_RADIUS + 5, (i, px, py) -> {
            double cast = Bracket.toSegment(px, py, x, y, topX, topY) - radius;
            double near = Bracket.distance(px, py, x, y) - Bracket.WASHER_RADIUS;
            canvas.lit[i] *= (float) (1 - 0.4 * fade((cast + 0.5) / 1.1));
            canvas.lit[i] *= (float) (1 - 0.28 * fade(near / 0.9));
        });
    }

    private void scratch(Blemish.Scratch scratch) {
        double[] x = scratch.x();
        double[] y = scratch.y();
        double half = scratch.width() / 2;
        // Never narrower than the lens resolves; a thinner mark is fainter instead.
        double drawn = Math.max(half, 0.8 * canvas.view.pixelMm);
        double thin = half / drawn;
        // Walls that share a pixel cancel out.
        double resolved = Math.min(1, drawn / (3.5 * canvas.view.pixelMm));
        var bounds = scratch.bounds();
        canvas.around(bounds.x(), bounds.y(), bounds.radius(), (i, px, py) -> {
            int nearest = 0;
            double least = Double.MAX_VALUE;
            for (int k = 0; k < x.length - 1; k++) {
                double away = Bracket.toSegment(px, py, x[k], y[k], x[k + 1], y[k + 1]);
                if (away < least) {
                    least = away;
                    nearest = k;
                }
            }
            if (least > drawn * 2.2) {
                return;
            }
            double dx = x[nearest + 1] - x[nearest];
            double dy = y[nearest + 1] - y[nearest];
            double length = Math.sqrt(dx * dx + dy * dy);
            double side = ((px - x[nearest]) * dy - (py - y[nearest]) * dx) / length;
            double at = (nearest + 0.5) / (x.length - 1);
            double taper = Math.min(1, 9 * Math.min(at, 1 - at) + 0.45);
            double pressed = taper * (0.8 + 0.25 * Grain.at(nearest * 0.7, scratch.length() * 7));
            double inside = 0;
            double slope = 0;
            // Three lines through the pixel: the profile is about as narrow as it.
            for (int tap = -1; tap <= 1; tap++) {
                double t = (side + tap * canvas.view.pixelMm / 3) / drawn;
                double away = (least + tap * canvas.view.pixelMm / 3) / drawn;
                inside += fade((Math.abs(away) - 0.55) / 0.75) * thin / 3;
                slope += scratch.depth() * pressed * resolved * grooveSlope(t) / 3;
            }
            canvas.slopeX[i] -= (float) (slope * dy / length);
            canvas.slopeY[i] += (float) (slope * dx / length);
            canvas.gain[i] *= (float) (1 + scratch.bright() * inside * pressed);
        });
    }

    /** Walls of a groove lean inwards; the burr beside it leans the other way. {@code t} is 1 at the lip. */
    private static double grooveSlope(double t) {
        double away = Math.abs(t);
        if (away > 2.1) {
            return 0;
        }
        double lean = away < 1 ? 2.4 * away * (1 - away * away) : -1.5 * (away - 1) * (2.1 - away);
        return t < 0 ? -lean : lean;
    }

    private void crack(Blemish.Crack crack) {
        var bounds = crack.bounds();
        canvas.around(bounds.x(), bounds.y(), bounds.radius(), (i, px, py) -> {
            double dark = 0;
            double rim = 0;
            for (int branch = 0; branch < crack.xs().size(); branch++) {
                double[] x = crack.xs().get(branch);
                double[] y = crack.ys().get(branch);
                for (int k = 0; k < x.length - 1; k++) {
                    double away = Bracket.toSegment(px, py, x[k], y[k], x[k + 1], y[k + 1]);
                    if (away > 0.5) {
                        continue;
                    }
                    double open = 1 - 0.65 * k / (x.length - 1.0);
                    double half = crack.width() / 2 * open * (branch == 0 ? 1 : 0.7);
                    double drawn = Math.max(half, 0.5 * canvas.view.pixelMm);
                    double deep = fade((away / drawn - 0.6) / 0.9) * Math.max(0.55, half / drawn);
                    dark = Math.max(dark, deep);
                    rim = Math.max(rim, fade((away - drawn) / 0.14));
                }
            }
            canvas.gain[i] *= (float) ((1 + 0.12 * rim) * (1 - crack.dark() * dark));
        });
    }

    private void dent(Blemish.Dent dent) {
        double cos = StrictMath.cos(dent.angle());
        double sin = StrictMath.sin(dent.angle());
        var bounds = dent.bounds();
        canvas.around(bounds.x(), bounds.y(), bounds.radius(), (i, px, py) -> {
            double u = cos * (px - dent.x()) + sin * (py - dent.y());
            double v = (cos * (py - dent.y()) - sin * (px - dent.x())) / dent.squash();
            double r = Math.sqrt(u * u + v * v) / dent.radius();
            r *= 1 + 0.1 * Grain.at(u / dent.radius() * 1.4 + dent.x() * 9, v / dent.radius() * 1.4);
            if (r > 1.45) {
                return;
            }
            // A bowl whose wall is steepest near the rim, and the metal pushed up around it.
            double slope = r < 1 ? -dent.slope() * r * fade((r - 0.8) / 0.25) : 0;
            slope += 0.35 * dent.slope() * fade(Math.abs(r - 1.15) / 0.28);
            double length = Math.sqrt(u * u + v * v) + 1e-6;
            canvas.slopeX[i] += (float) (slope * (cos * u - sin * v) / length);
            canvas.slopeY[i] += (float) (slope * (sin * u + cos * v) / length);
            double floor = fade((r - 0.75) / 0.3);
            canvas.gain[i] *= (float) (1 - floor * (0.12 + dent.scuff() * (0.5 + 0.5 * Grain.at(px * 9, py * 9))));
        });
    }

    private void plate() {
        var plate = scene.plate();
        double cos = StrictMath.cos(plate.angle());
        double sin = StrictMath.sin(plate.angle());
        double sweepX = -sin * plate.sweepRadius();
        double sweepY = cos * plate.sweepRadius();
        boolean arcs = plate.sweepRadius() > 0;
        double offsetX = plate.offsetX();
        double offsetY = plate.offsetY();
        double inversePitch = 1 / plate.pitch();
        double chamfer = plate.chamfer();
        var tint = plate.tint();
        canvas.within(0, 0, Bracket.HALF_WIDTH, Bracket.HALF_HEIGHT, (i, x, y) -> {
            double outside = Bracket.outline(x, y);
            double alpha = canvas.coverage(outside);
            if (alpha == 0) {
                return;
            }
            // Along and across the marks.
            double tx = cos;
            double ty = sin;
            double u = cos * x + sin * y;
            double v = cos * y - sin * x;
            if (arcs) {
                double fromX = x - sweepX;
                double fromY = y - sweepY;
                double r = Math.sqrt(fromX * fromX + fromY * fromY);
                v = plate.sweepRadius() - r;
                tx = -fromY / r;
                ty = fromX / r;
            }
            double marks = 0.5 * Grain.at(v * 7.7 + offsetX, u * 0.21 + offsetY)
                    + 0.35 * Grain.at(v * 3.1 + offsetY, u * 0.13 + offsetX)
                    + 0.3 * Grain.at(v * 13 - offsetX, u * 0.6);
            double feed = 0;
            if (plate.feedDepth() > 0) {
                double phase = v * inversePitch + 0.15 * Grain.at(v * 0.4, offsetX);
                phase -= Math.floor(phase);
                feed = plate.feedDepth() * (1 - 2 * phase);
            }
            double across = plate.depth() * marks + feed;
            double px = -ty * across + canvas.slopeX[i];
            double py = tx * across + canvas.slopeY[i];
            double edge = outside + chamfer;
            if (edge > 0) {
                double lean = 0.85 * Math.min(1, edge / Math.max(0.22, 0.5 * chamfer));
                double nx = (Bracket.outline(x + 0.01, y) - outside) * 100;
                double ny = (Bracket.outline(x, y + 0.01) - outside) * 100;
                px = px * 0.4 + lean * nx;
                py = py * 0.4 + lean * ny;
            }
            double mottle = 1 + plate.mottle() * Grain.at(x * 0.35 + offsetX, y * 0.35 + offsetY) + 0.05 * marks;
            double light = lamps.metal(px, py, tx, ty, plate.along(), plate.across(), x, y)
                    * canvas.lit[i]
                    * canvas.gain[i]
                    * mottle;
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);
        });
    }

    /** A reamed through hole: a chamfer, a dark wall lit from one side, and the dark below. */
    private void bore(double x, double y) {
        double radius = Bracket.BORE_RADIUS;
        double chamfer = 0.22;
        double deepX = canvas.view.leanX(x, -Bracket.THICKNESS);
        double deepY = canvas.view.leanY(y, -Bracket.THICKNESS);
        var tint = scene.plate().tint();
        canvas.around(x, y, radius + chamfer + 0.2, (i, px, py) -> {
            double dx = px - x;
            double dy = py - y;
            double r = Math.sqrt(dx * dx + dy * dy) + 1e-9;
            double alpha = canvas.coverage(r - radius - chamfer);
            if (alpha == 0) {
                return;
            }
            double nx = -dx / r;
            double ny = -dy / r;
            double light = lamps.metal(nx * 0.9, ny * 0.9, -ny, nx, 0.2, 0.3, px, py) * canvas.lit[i];
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);
            double inside = canvas.coverage(r - radius);
            double wall = 0.015 + 0.1 * lamps.intoWall(nx, ny) * fade((radius - r) / 0.9);
            wall *= 1 + 0.3 * Grain.at(nx * 9 + x, ny * 9);
            double below = canvas.coverage(Bracket.distance(px, py, deepX, deepY) - radius * 0.97);
            double dark = wall + (0.012 - wall) * below * 0.6;
            canvas.blend(i, dark * tint.red(), dark * tint.green(), dark * tint.blue(), inside);
        });
    }
}

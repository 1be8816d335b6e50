package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Damage;
import goshawk.camera.sim.Scene.Label;

/** Paints the printed label. */
final class LabelPainter {

    private static final double HALF_WIDTH = Bracket.LABEL_HALF_WIDTH;
    private static final double HALF_HEIGHT = Bracket.LABEL_HALF_HEIGHT;
    private static final Tint INK = new Tint(0.03, 0.03, 0.035);

    private final Canvas canvas;
    private final Lamps lamps;

    LabelPainter(Canvas canvas, Lamps lamps) {
        this.canvas = canvas;
        this.lamps = lamps;
    }

    void paint(Label label) {
        if (label.damage() == Damage.MISSING) {
            return;
        }
        double centreX = Bracket.LABEL_X + label.dx();
        double centreY = Bracket.LABEL_Y + label.dy();
        double cos = StrictMath.cos(label.turn());
        double sin = StrictMath.sin(label.turn());
        double toRight = label.fromRight() ? -1 : 1;
        // How far from the damaged end the damage reaches; the fold or tear is a little askew.
        double reach = 2 * HALF_WIDTH * label.share();
        canvas.around(centreX, centreY, HALF_WIDTH + 1.2, (i, px, py) -> {
            double x = cos * (px - centreX) + sin * (py - centreY);
            double y = cos * (py - centreY) - sin * (px - centreX);
            double outside = Bracket.roundedBox(x, y, HALF_WIDTH, HALF_HEIGHT, 0.5);
            if (outside > 0.5) {
                return;
            }
            double fromEnd = x * toRight + HALF_WIDTH;
            switch (label.damage()) {
                case TORN -> torn(label, i, px, py, x, y, outside, fromEnd - reach);
                case PEELED -> peeled(label, i, px, py, x, y, outside, fromEnd - reach * 0.6, toRight);
                case NONE, MISSING, BLANK, SMEARED -> {
                    shade(i, outside);
                    face(label, i, px, py, x, y, canvas.coverage(outside), fromEnd - reach);
                }
            }
        });
    }

    /** The foil is thin; it still darkens the metal at its edge. */
    private void shade(int i, double outside) {
        double edge = 1 - 0.3 * PlatePainter.fade(outside / 0.25);
        canvas.scale(i, edge, edge, edge);
    }

    private void face(Label label, int i, double px, double py, double x, double y, double alpha, double beyond) {
        if (alpha == 0) {
            return;
        }
        double bump = 0.01 * Grain.at(x * 1.7 + label.offset(), y * 1.7);
        double light = label.metallic()
                ? lamps.metal(bump, bump, 1, 0, 0.3, 0.36, px, py) * (0.95 + 0.04 * Grain.at(x * 9, y * 9))
                : lamps.paper(bump, bump) * (0.98 + 0.03 * Grain.rough(x * 3 + label.offset(), y * 3));
        var paper = label.paper();
        double ink = switch (label.damage()) {
            case BLANK -> 0.05 * label.ink() * ink(label, x, y);
            case SMEARED -> smeared(label, x, y, beyond);
            case NONE, MISSING, TORN, PEELED -> label.ink() * ink(label, x, y);
        };
        ink = Math.min(1, ink * (0.93 + 0.1 * Grain.at(x * 2.1 + label.offset(), y * 2.1)));
        canvas.blend(
                i,
                light * (paper.red() + (INK.red() - paper.red()) * ink),
                light * (paper.green() + (INK.green() - paper.green()) * ink),
                light * (paper.blue() + (INK.blue() - paper.blue()) * ink),
                alpha);
    }

    /** Ink of the text at (x, y) of the label, 0 to 1. */
    private double ink(Label label, double x, double y) {
        if (label.frame()) {
            double line = Math.abs(Bracket.roundedBox(x, y, HALF_WIDTH - 0.55, HALF_HEIGHT - 0.45, 0.3)) - 0.09;
            double framed = canvas.coverage(line);
            if (framed > 0) {
                return framed;
            }
        }
        double pitch = label.pitch();
        String text = label.text();
        double toDot = DotFont.toDot(text, x / pitch + DotFont.width(text) / 2.0, y / pitch + DotFont.ROWS / 2.0);
        return canvas.coverage((toDot - label.dot()) * pitch);
    }

    /** Wiped while wet: streaks where there were characters. */
    private double smeared(Label label, double x, double y, double beyond) {
        double wiped = PlatePainter.fade(beyond / 1.2);
        double sharp = label.ink() * ink(label, x, y);
        if (wiped == 0) {
            return sharp;
        }
        double streak = 0;
        int taps = 14;
        for (int k = 0; k < taps; k++) {
            double back = k * 0.24;
            streak += ink(label, x + back, y + 0.09 * back + 0.12 * Grain.at(k, label.offset())) * (1 - 0.05 * k);
        }
        streak *= (0.8 + 0.4 * Grain.at(y * 5 + label.offset(), x * 0.4)) / taps;
        return sharp + (0.75 * label.ink() * streak + 0.06 - sharp) * wiped;
    }

    private void torn(Label label, int i, double px, double py, double x, double y, double outside, double beyond) {
        double tear = beyond
                + 0.5 * Grain.at(y * 0.9 + label.offset(), 0.5)
                + 0.22 * Grain.at(y * 3.3, label.offset())
                + 0.25 * y;
        // Glue stays behind.
        double glue = canvas.coverage(outside) * (1 - canvas.coverage(-tear));
        double dull = 1 - 0.16 * glue * (0.6 + 0.6 * Grain.rough(x * 1.3 + label.offset(), y * 2));
        canvas.scale(i, dull, dull, dull * (1 - 0.03 * glue));
        double kept = canvas.coverage(Math.max(outside, -tear));
        if (kept == 0) {
            return;
        }
        face(label, i, px, py, x, y, kept, beyond);
        double fibre = canvas.coverage(Math.abs(tear - 0.18) - 0.18) * kept;
        double light = 0.85 * lamps.paper(0.1, 0);
        canvas.blend(i, light, light, light, fibre);
    }

    private void peeled(
            Label label,
            int i,
            double px,
            double py,
            double x,
            double y,
            double outside,
            double beyond,
            double toRight) {
        double lean = 0.35;
        double away = (beyond + lean * y) / Math.sqrt(1 + lean * lean);
        // The part beyond the fold lies mirrored over the rest.
        double nx = toRight / Math.sqrt(1 + lean * lean);
        double ny = lean / Math.sqrt(1 + lean * lean);
        double mirrored = Bracket.roundedBox(x - 2 * away * nx, y - 2 * away * ny, HALF_WIDTH, HALF_HEIGHT, 0.5);
        double glue = canvas.coverage(Math.max(outside, away));
        double dull = 1 - 0.12 * glue;
        canvas.scale(i, dull, dull, dull);
        face(label, i, px, py, x, y, canvas.coverage(Math.max(outside, -away)), beyond);
        double shadow = away > 0 ? 0.4 * PlatePainter.fade(mirrored / 0.8) * canvas.coverage(outside) : 0;
        canvas.scale(i, 1 - shadow, 1 - shadow, 1 - shadow);
        double flap = canvas.coverage(Math.max(mirrored, -away));
        double curl = PlatePainter.fade(away / 1.2);
        double light = lamps.paper(-nx * 0.8 * curl, -ny * 0.8 * curl) * (0.66 - 0.25 * curl);
        canvas.blend(i, light, light * 0.99, light * 0.94, flap);
    }
}

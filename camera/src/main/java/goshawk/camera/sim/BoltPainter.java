package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Bolt;
import goshawk.camera.sim.Scene.Head;

/** Paints a bolt on its washer, or the threaded hole where none is. */
final class BoltPainter {

    private static final double HALF_ROOT_3 = 0.8660254037844386;
    private static final double SOCKET_HALF = 1.5;
    private static final double DIE_CHAMFER = 0.34;

    private final Canvas canvas;
    private final Lamps lamps;

    BoltPainter(Canvas canvas, Lamps lamps) {
        this.canvas = canvas;
        this.lamps = lamps;
    }

    void paint(Bolt bolt, double x, double y, Tint plate) {
        if (bolt.head() == Head.NONE) {
            hole(bolt, x, y, plate);
            if (bolt.washer()) {
                washer(bolt, x, y);
            }
            return;
        }
        washer(bolt, x, y);
        side(bolt, x, y);
        top(bolt, x, y);
    }

    private void washer(Bolt bolt, double x, double y) {
        double height = Bracket.WASHER_HEIGHT;
        double centreX = canvas.view.leanX(x, height);
        double centreY = canvas.view.leanY(y, height);
        boolean open = bolt.head() == Head.NONE;
        double tall = Bracket.HEAD_HEIGHT + bolt.proud();
        double shadowX = centreX + lamps.shadowX() * tall;
        double shadowY = centreY + lamps.shadowY() * tall;
        var tint = bolt.washerFinish();
        canvas.around(x, y, Bracket.WASHER_RADIUS + 0.3, (i, px, py) -> {
            double dx = px - centreX;
            double dy = py - centreY;
            double r = Math.sqrt(dx * dx + dy * dy) + 1e-9;
            double alpha = canvas.coverage(r - Bracket.WASHER_RADIUS);
            if (open) {
                alpha *= 1 - canvas.coverage(r - 2.2);
            }
            if (alpha == 0) {
                return;
            }
            double rim = 1 - PlatePainter.fade((r - Bracket.WASHER_RADIUS + 0.3) / 0.3);
            double slope = 0.8 * rim + 0.03 * Grain.at(px * 5 + bolt.offset(), py * 5);
            if (open && r < 2.45) {
                slope -= 0.7;
            }
            double light = lamps.metal(slope * dx / r, slope * dy / r, -dy / r, dx / r, 0.24, 0.26, px, py);
            if (!open) {
                double cast = Bracket.toSegment(px, py, centreX, centreY, shadowX, shadowY) - bolt.radius();
                light *= 1 - 0.45 * PlatePainter.fade((cast + 0.3) / 0.7);
                light *= 1 - 0.4 * PlatePainter.fade((r - bolt.radius()) / 0.5);
            }
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);
        });
    }

    /**
     * Where a point of the bolt's axis appears.
     *
     * @param above its seat, mm, along the axis; a tilted bolt turns about the first turn of its thread, level with the plate
     */
    private double axisX(Bolt bolt, double x, double above) {
        double height = Bracket.WASHER_HEIGHT + bolt.proud() + above;
        return canvas.view.leanX(x, height) + height * StrictMath.sin(bolt.tilt()) * StrictMath.cos(bolt.tiltTowards());
    }

    private double axisY(Bolt bolt, double y, double above) {
        double height = Bracket.WASHER_HEIGHT + bolt.proud() + above;
        return canvas.view.leanY(y, height) + height * StrictMath.sin(bolt.tilt()) * StrictMath.sin(bolt.tiltTowards());
    }

    /** The knurled side, as far as the camera sees it past the top. */
    private void side(Bolt bolt, double x, double y) {
        double footX = axisX(bolt, x, 0);
        double footY = axisY(bolt, y, 0);
        double headX = axisX(bolt, x, Bracket.HEAD_HEIGHT);
        double headY = axisY(bolt, y, Bracket.HEAD_HEIGHT);
        double radius = bolt.head() == Head.HEX ? bolt.radius() * 1.02 : bolt.radius();
        var tint = bolt.finish();
        canvas.around(x, y, radius + 2.6, (i, px, py) -> {
            double alpha = canvas.coverage(Bracket.toSegment(px, py, footX, footY, headX, headY) - radius);
            if (alpha == 0) {
                return;
            }
            double dx = px - footX;
            double dy = py - footY;
            double r = Math.sqrt(dx * dx + dy * dy) + 1e-9;
            double knurl = 0.75 + 0.45 * Grain.at(dx / r * 16 + bolt.offset(), dy / r * 16);
            double light = (0.06 + 0.2 * lamps.intoWall(dx / r, dy / r)) * knurl;
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);
        });
    }

    private void top(Bolt bolt, double x, double y) {
        double centreX = axisX(bolt, x, Bracket.HEAD_HEIGHT);
        double centreY = axisY(bolt, y, Bracket.HEAD_HEIGHT);
        double towardsX = StrictMath.cos(bolt.tiltTowards());
        double towardsY = StrictMath.sin(bolt.tiltTowards());
        double shorter = 1 / StrictMath.cos(bolt.tilt()) - 1;
        double tiltSlope = StrictMath.tan(bolt.tilt());
        double cos = StrictMath.cos(bolt.turn());
        double sin = StrictMath.sin(bolt.turn());
        double radius = bolt.radius();
        double edge = bolt.head() == Head.HEX_SOCKET || bolt.head() == Head.TORX ? DIE_CHAMFER : 0.7;
        double domed = bolt.head() == Head.SLOTTED || bolt.head() == Head.PHILLIPS ? 0.42 / radius : 0;
        double scale = bolt.head() == Head.HEX_SOCKET ? radius / Bracket.HEAD_RADIUS : 1;
        var tint = bolt.finish();
        canvas.around(centreX, centreY, radius * 1.17 + 0.2, (i, px, py) -> {
            double dx = px - centreX;
            double dy = py - centreY;
            double along = dx * towardsX + dy * towardsY;
            dx += towardsX * along * shorter;
            dy += towardsY * along * shorter;
            double r = Math.sqrt(dx * dx + dy * dy) + 1e-9;
            double hx = cos * dx + sin * dy;
            double hy = cos * dy - sin * dx;
            double outline = bolt.head() == Head.HEX ? hexagon(hx, hy, radius) : r - radius;
            double alpha = canvas.coverage(outline);
            if (alpha == 0) {
                return;
            }
            double ux = dx / r;
            double uy = dy / r;
            double turned = 0.03 * Grain.at(r * 8 + bolt.offset(), ux * 1.3)
                    + 0.02 * Grain.at(r * 17 + bolt.offset(), uy * 1.3);
            double rounded;
            if (bolt.head() == Head.HEX) {
                rounded = r > radius * 0.97 ? 0.5 : 0;
            } else {
                double t = Math.clamp((r - radius + edge) / edge, 0, 1);
                rounded = 0.95 * t * t;
            }
            double slope = turned + rounded + domed * r;
            double sx = ux * slope + towardsX * tiltSlope;
            double sy = uy * slope + towardsY * tiltSlope;
            double light = lamps.metal(sx, sy, -uy, ux, bolt.roughness() * 0.7, bolt.roughness() * 1.2, px, py);
            light *= 1 + 0.05 * Grain.rough(dx * 1.3 + bolt.offset(), dy * 1.3);
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);

            double recess = recess(bolt.head(), hx / scale, hy / scale) * scale;
            double lip = canvas.coverage(recess - 0.16);
            if (lip == 0) {
                return;
            }
            // The lip leans inwards and catches the light from the other side.
            double rim = lamps.metal(
                    -ux * 0.75 + towardsX * tiltSlope, -uy * 0.75 + towardsY * tiltSlope, -uy, ux, 0.3, 0.3, px, py);
            canvas.blend(i, tint.red() * rim, tint.green() * rim, tint.blue() * rim, lip * 0.8);
            double inside = canvas.coverage(recess);
            double wall = 0.022 + 0.2 * lamps.intoWall(-ux, -uy) * PlatePainter.fade(-recess / 0.55);
            double floor = 0.03 * PlatePainter.fade((r - 0.2) / 0.9);
            double dark = wall + floor;
            canvas.blend(i, tint.red() * dark, tint.green() * dark, tint.blue() * dark, inside);
        });
    }

    /** Signed distance to the drive's recess. */
    private static double recess(Head head, double x, double y) {
        return switch (head) {
            case HEX_SOCKET -> hexagon(x, y, SOCKET_HALF);
            case SLOTTED -> Math.abs(y) - 0.5;
            case PHILLIPS -> {
                double arm = Math.max(Math.abs(x) - 1.9, Math.abs(y) - 0.36);
                double other = Math.max(Math.abs(y) - 1.9, Math.abs(x) - 0.36);
                yield Math.min(Math.min(arm, other), Math.abs(x) + Math.abs(y) - 0.95);
            }
            case TORX -> {
                double r = Math.sqrt(x * x + y * y) + 1e-9;
                double c = x / r;
                double c2 = 2 * c * c - 1;
                yield r - 1.42 - 0.24 * (4 * c2 * c2 * c2 - 3 * c2);
            }
            case HEX, NONE -> 9;
        };
    }

    private static double hexagon(double x, double y, double halfAcrossFlats) {
        double a = Math.abs(y);
        double b = Math.abs(HALF_ROOT_3 * x + 0.5 * y);
        double c = Math.abs(HALF_ROOT_3 * x - 0.5 * y);
        return Math.max(a, Math.max(b, c)) - halfAcrossFlats;
    }

    /** The threaded hole, with the mark of the seat around it. */
    private void hole(Bolt bolt, double x, double y, Tint plate) {
        double radius = Bracket.HOLE_RADIUS;
        double sink = 0.4;
        canvas.around(x, y, Bracket.WASHER_RADIUS + 0.2, (i, px, py) -> {
            double dx = px - x;
            double dy = py - y;
            double r = Math.sqrt(dx * dx + dy * dy) + 1e-9;
            double ux = dx / r;
            double uy = dy / r;
            double seat = canvas.coverage(r - Bracket.WASHER_RADIUS + 0.3);
            double worn = 1 + 0.1 * seat * Grain.at(r * 5 + bolt.offset(), ux * 2 + uy);
            canvas.scale(i, worn, worn, worn);
            double alpha = canvas.coverage(r - radius - sink);
            if (alpha == 0) {
                return;
            }
            double light = lamps.metal(-ux * 0.8, -uy * 0.8, -uy, ux, 0.25, 0.3, px, py);
            canvas.blend(i, plate.red() * light, plate.green() * light, plate.blue() * light, alpha);
            // Turns of the thread, each seen a little deeper than the last; they wind, so they are no circles.
            double winding = 0.07 * (ux * 0.8 + uy * 0.6);
            double turns = (radius - r) / 0.23 + winding * 4;
            double crest = turns - Math.floor(turns);
            double depth = PlatePainter.fade(turns / 4.5);
            double bright = (crest < 0.45 ? 0.9 : 0.18) * depth * (0.1 + 0.34 * lamps.intoWall(-ux, -uy));
            double dark = 0.012 + bright;
            canvas.blend(i, plate.red() * dark, plate.green() * dark, plate.blue() * dark, canvas.coverage(r - radius));
        });
    }
}

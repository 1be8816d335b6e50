package goshawk.camera.sim;

/** Paints hands, arms and the power driver over a frame of the assembly station. Lengths in mm of the part frame. */
final class WorkerPainter {

    private static final Tint STEEL = Tint.grey(0.35);
    private static final Tint CHUCK = Tint.grey(0.07);

    private final Canvas canvas;
    private final Lamps lamps;
    private final Assembly.Worker worker;

    WorkerPainter(Canvas canvas, Lamps lamps, Assembly.Worker worker) {
        this.canvas = canvas;
        this.lamps = lamps;
        this.worker = worker;
    }

    /** The driver with its tip at (x, y), held by a hand. */
    void driver(double x, double y) {
        double u = StrictMath.cos(worker.towards());
        double v = StrictMath.sin(worker.towards());
        shadow(x + 10 * u, y + 10 * v, x + 60 * u, y + 60 * v, 5);
        rod(x, y, x + 9 * u, y + 9 * v, 1.25, STEEL);
        rod(x + 8 * u, y + 8 * v, x + 17 * u, y + 17 * v, 3, CHUCK);
        rod(x + 18 * u, y + 18 * v, x + 60 * u, y + 60 * v, 6 * worker.thick(), worker.body());
        hand(x + 27 * u, y + 27 * v, worker.towards());
    }

    /** An arm that comes from outside the picture, and a hand closed at (x, y). */
    void hand(double x, double y, double towards) {
        double thick = worker.thick();
        double armX = StrictMath.cos(towards + worker.bent());
        double armY = StrictMath.sin(towards + worker.bent());
        double wristX = x + 13 * armX;
        double wristY = y + 13 * armY;
        shadow(x, y, x + 90 * armX, y + 90 * armY, 10 * thick);
        rod(wristX, wristY, x + 90 * armX, y + 90 * armY, 10.5 * thick, worker.sleeve());
        rod(x, y, wristX, wristY, 9 * thick, worker.glove());
        double acrossX = -StrictMath.sin(towards);
        double acrossY = StrictMath.cos(towards);
        for (int finger = 0; finger < 4; finger++) {
            double along = -7.5 + 4.4 * finger;
            double knuckleX = x + along * StrictMath.cos(towards);
            double knuckleY = y + along * StrictMath.sin(towards);
            double long1 = 6 + 1.5 * Grain.at(finger * 1.7, worker.offset());
            rod(
                    knuckleX + long1 * acrossX,
                    knuckleY + long1 * acrossY,
                    knuckleX - 6 * acrossX,
                    knuckleY - 6 * acrossY,
                    2.5 * thick,
                    worker.glove());
        }
    }

    /** What is high above the plate takes its light over a wide strip. */
    private void shadow(double ax, double ay, double bx, double by, double radius) {
        double dx = 9 * lamps.shadowX();
        double dy = 9 * lamps.shadowY();
        along(ax + dx, ay + dy, bx + dx, by + dy, radius + 5, (i, away, _, _) -> {
            double dark = 1 - 0.4 * PlatePainter.fade((away - radius + 2) / 6);
            canvas.scale(i, dark, dark, dark);
        });
    }

    private void rod(double ax, double ay, double bx, double by, double radius, Tint tint) {
        double length = Bracket.distance(ax, ay, bx, by);
        double acrossX = -(by - ay) / length;
        double acrossY = (bx - ax) / length;
        along(ax, ay, bx, by, radius, (i, away, x, y) -> {
            double alpha = canvas.coverage(away - radius);
            if (alpha == 0) {
                return;
            }
            double side = Math.clamp(((x - ax) * acrossX + (y - ay) * acrossY) / radius, -0.95, 0.95);
            double slope = side / Math.sqrt(1 - side * side);
            double weave = 1 + 0.12 * Grain.rough(x * 0.7 + worker.offset(), y * 0.7);
            double light = lamps.paper(slope * acrossX, slope * acrossY) * weave;
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);
        });
    }

    private interface Near {
        void paint(int i, double away, double x, double y);
    }

    private void along(double ax, double ay, double bx, double by, double reach, Near near) {
        canvas.within(
                (ax + bx) / 2,
                (ay + by) / 2,
                Math.abs(bx - ax) / 2 + reach,
                Math.abs(by - ay) / 2 + reach,
                (i, x, y) -> {
                    double away = Bracket.toSegment(x, y, ax, ay, bx, by);
                    if (away < reach + 1) {
                        near.paint(i, away, x, y);
                    }
                });
    }
}

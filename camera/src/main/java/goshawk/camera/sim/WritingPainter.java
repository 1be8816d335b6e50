package goshawk.camera.sim;

/** Paints words on the plate: a marker's strokes, or a printed sticker. */
final class WritingPainter {

    private final Canvas canvas;
    private final Lamps lamps;

    WritingPainter(Canvas canvas, Lamps lamps) {
        this.canvas = canvas;
        this.lamps = lamps;
    }

    void paint(Writing writing) {
        double cos = StrictMath.cos(writing.turn());
        double sin = StrictMath.sin(writing.turn());
        double reach = writing.halfWidth() + 1;
        canvas.within(writing.x(), writing.y(), reach, writing.halfHeight() + 1 + 0.12 * reach, (i, px, py) -> {
            double x = cos * (px - writing.x()) + sin * (py - writing.y());
            double y = cos * (py - writing.y()) - sin * (px - writing.x());
            if (writing.sticker()) {
                sticker(writing, i, x, y);
            } else {
                ink(writing, i, x, y);
            }
        });
    }

    private void sticker(Writing writing, int i, double x, double y) {
        double outside = Bracket.roundedBox(x, y, writing.halfWidth(), writing.halfHeight(), 0.2);
        double edge = 1 - 0.25 * PlatePainter.fade(outside / 0.25);
        canvas.scale(i, edge, edge, edge);
        double alpha = canvas.coverage(outside);
        double bump = 0.02 * Grain.at(x * 1.3 + writing.offset(), y * 1.3);
        double light = lamps.paper(bump, bump);
        var paper = writing.paper();
        canvas.blend(i, light * paper.red(), light * paper.green(), light * paper.blue(), alpha);
        ink(writing, i, x, y);
    }

    /** Dots so thick that they run into strokes; a hand does not write straight, a printer does. */
    private void ink(Writing writing, int i, double x, double y) {
        double shake = writing.sticker() ? 0 : 0.6 * writing.pitch();
        double u = x + shake * Grain.at(x * 0.6 + writing.offset(), y * 0.6);
        double v = y + shake * Grain.at(x * 0.5, y * 0.5 + writing.offset());
        double column = u / writing.pitch() + DotFont.width(writing.text()) / 2.0;
        double row = v / writing.pitch() + DotFont.ROWS / 2.0;
        double near = 9;
        // A stroke reaches into the cells beside its own.
        for (int down = -1; down <= 1; down++) {
            for (int across = -1; across <= 1; across++) {
                near = Math.min(near, toDot(writing.text(), column, row, across, down));
            }
        }
        double alpha = canvas.coverage((near - writing.stroke()) * writing.pitch());
        double worn = 0.85 + 0.12 * Grain.at(x * 3 + writing.offset(), y * 3);
        var ink = writing.ink();
        double light = lamps.paper(0, 0);
        canvas.blend(i, ink.red() * light, ink.green() * light, ink.blue() * light, alpha * worn);
    }

    /** Distance to the centre of the dot in the cell {@code across} and {@code down} from the one at (column, row). */
    private static double toDot(String text, double column, double row, int across, int down) {
        double cellColumn = Math.floor(column) + across + 0.5;
        double cellRow = Math.floor(row) + down + 0.5;
        return DotFont.toDot(text, cellColumn, cellRow) > 0.5 ? 9 : Bracket.distance(column, row, cellColumn, cellRow);
    }
}

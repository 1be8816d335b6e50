package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Chip;
import goshawk.camera.sim.Scene.Cover;
import goshawk.camera.sim.Scene.Film;
import goshawk.camera.sim.Scene.Glare;
import goshawk.camera.sim.Scene.Nuisance;

/** Paints what lies on the part and does not belong to it: oil, drops, dust, swarf, and things that hide it. */
final class LoosePainter {

    private final Canvas canvas;
    private final Lamps lamps;

    LoosePainter(Canvas canvas, Lamps lamps) {
        this.canvas = canvas;
        this.lamps = lamps;
    }

    void paint(Nuisance nuisance) {
        for (var ring : nuisance.rings()) {
            canvas.around(ring.x(), ring.y(), ring.radius() * 1.4, (i, x, y) -> {
                double edge = blob(x - ring.x(), y - ring.y(), ring.radius(), ring.radius(), ring.offset());
                double rim = PlatePainter.fade(Math.abs(edge) / 0.22) - 0.4 * PlatePainter.fade((edge + 0.3) / 0.3);
                double pale = 1 + ring.strength() * rim;
                canvas.scale(i, pale, pale, pale);
            });
        }
        for (var speck : nuisance.specks()) {
            canvas.around(speck.x(), speck.y(), speck.radius() + 0.1, (i, x, y) -> {
                double dark = 1
                        - speck.dark() * canvas.coverage(Bracket.distance(x, y, speck.x(), speck.y()) - speck.radius());
                canvas.scale(i, dark, dark, dark);
            });
        }
        for (Film film : nuisance.films()) {
            film(film);
        }
        for (Chip chip : nuisance.chips()) {
            chip(chip);
        }
        for (Glare glare : nuisance.glares()) {
            glare(glare);
        }
    }

    /** Signed distance, roughly, to an irregular ellipse around the origin. */
    private static double blob(double x, double y, double halfWidth, double halfHeight, double offset) {
        double u = x / halfWidth;
        double v = y / halfHeight;
        double r = Math.sqrt(u * u + v * v) + 1e-9;
        double lobes =
                1 + 0.24 * Grain.at(u / r * 1.2 + offset, v / r * 1.2) + 0.07 * Grain.at(u / r * 5 + offset, v / r * 5);
        return (r - lobes) * Math.min(halfWidth, halfHeight);
    }

    private void film(Film film) {
        double cos = StrictMath.cos(film.angle());
        double sin = StrictMath.sin(film.angle());
        var through = film.through();
        canvas.around(film.x(), film.y(), film.radius() * 1.4, (i, x, y) -> {
            double u = cos * (x - film.x()) + sin * (y - film.y());
            double v = cos * (y - film.y()) - sin * (x - film.x());
            if (Bracket.openBelow(x, y)) {
                return;
            }
            double edge = blob(u, v, film.radius(), film.radius() * film.stretch(), film.offset());
            if (edge > 0.1) {
                return;
            }
            double wet = PlatePainter.fade((edge + 0.25) / 0.35);
            double thick = wet * (0.75 + 0.25 * Grain.at(u * 0.4 + film.offset(), v * 0.4));
            // The meniscus at the rim is dark on one side and shines on the other.
            double rim = PlatePainter.fade(Math.abs(edge + 0.22) / 0.3);
            double r = Math.sqrt(u * u + v * v) + 1e-9;
            double sx = 0.32 * rim * (cos * u - sin * v) / r + 0.02 * Grain.at(u * 0.8 + film.offset(), v * 0.8);
            double sy = 0.32 * rim * (sin * u + cos * v) / r + 0.02 * Grain.at(v * 0.8 + film.offset(), u * 0.8);
            double darker = 1 - 0.1 * rim * wet;
            canvas.scale(
                    i,
                    (1 - (1 - through.red()) * thick) * darker,
                    (1 - (1 - through.green()) * thick) * darker,
                    (1 - (1 - through.blue()) * thick) * darker);
            canvas.add(i, 0.5 * film.gloss() * wet * lamps.gloss(sx, sy, 0.16, x, y));
        });
    }

    private void glare(Glare glare) {
        double cos = StrictMath.cos(glare.angle());
        double sin = StrictMath.sin(glare.angle());
        canvas.around(glare.x(), glare.y(), 2.2 * Math.max(glare.halfWidth(), glare.halfHeight()), (i, x, y) -> {
            double u = (cos * (x - glare.x()) + sin * (y - glare.y())) / glare.halfWidth();
            double v = (cos * (y - glare.y()) - sin * (x - glare.x())) / glare.halfHeight();
            double fall = PlatePainter.fade(Math.sqrt(u * u + v * v) / 2);
            // A reflection: what is dark sends less of it back, and the ground less than the part.
            double sent = Math.min(1, 0.2 + 2 * canvas.green[i]) * (Bracket.outline(x, y) > 0 ? 0.4 : 1);
            canvas.add(i, glare.light() * fall * sent);
        });
    }

    /** A curl of swarf, stamped along its helix as the camera sees it from the side. */
    private void chip(Chip chip) {
        double cos = StrictMath.cos(chip.angle());
        double sin = StrictMath.sin(chip.angle());
        int steps = (int) (chip.turns() * 22) + 8;
        double reach = chip.length() / 2 + chip.radius() + chip.width();
        canvas.around(chip.x() + 0.12, chip.y() + 0.16, reach * 0.8, (i, x, y) -> {
            double u = Math.abs(cos * (x - chip.x() - 0.12) + sin * (y - chip.y() - 0.16)) - chip.length() / 2;
            double v = Math.abs(cos * (y - chip.y() - 0.16) - sin * (x - chip.x() - 0.12)) - chip.radius();
            double dark = 1 - 0.3 * PlatePainter.fade((Math.max(u, v) + 0.15) / 0.35);
            canvas.scale(i, dark, dark, dark);
        });
        for (int k = 0; k <= steps; k++) {
            double t = (double) k / steps;
            double phase = t * chip.turns() * 2 * Math.PI;
            double swing = StrictMath.cos(phase);
            double up = StrictMath.sin(phase);
            double loop = chip.radius() * (0.72 + 0.28 * Grain.at(t * chip.turns() * 0.8 + chip.x() * 7, chip.y() * 7));
            double u = (t - 0.5) * chip.length() + 0.4 * loop * up;
            double v = loop * swing
                    + chip.radius() * 0.5 * Grain.at(t * 2.1 + chip.y() * 5, chip.x() * 5) * (4 * t * (1 - t));
            double x = chip.x() + cos * u - sin * v;
            double y = chip.y() + sin * u + cos * v;
            double shine = up > 0 ? 0.12 + 0.75 * up * up * up : 0.07;
            double width = chip.width() / 2 * (0.6 + 0.4 * Math.abs(swing));
            var tint = chip.tint();
            canvas.around(
                    x,
                    y,
                    width + 0.1,
                    (i, px, py) -> canvas.blend(
                            i,
                            tint.red() * shine,
                            tint.green() * shine,
                            tint.blue() * shine,
                            canvas.coverage(Bracket.distance(px, py, x, y) - width)));
        }
    }

    void paint(Cover cover) {
        switch (cover.stuff()) {
            case RAG -> rag(cover);
            case GREASE -> grease(cover);
            case SWARF -> heap(cover);
            case GLARE -> saturation(cover);
        }
    }

    private interface Skin {
        void paint(int i, double x, double y, double u, double v, double edge);
    }

    private void onto(Cover cover, double size, Skin skin) {
        double cos = StrictMath.cos(cover.angle());
        double sin = StrictMath.sin(cover.angle());
        double half = Math.max(cover.halfWidth(), cover.halfHeight()) * size;
        canvas.around(cover.x(), cover.y(), half * 1.4 + 2, (i, x, y) -> {
            double u = cos * (x - cover.x()) + sin * (y - cover.y());
            double v = cos * (y - cover.y()) - sin * (x - cover.x());
            double edge = blob(u, v, cover.halfWidth() * size, cover.halfHeight() * size, cover.offset());
            if (edge < 2) {
                skin.paint(i, x, y, u, v, edge);
            }
        });
    }

    private void rag(Cover cover) {
        var tint = cover.tint();
        onto(cover, 1.2, (i, x, y, u, v, edge) -> {
            double shadow = 1 - 0.45 * PlatePainter.fade((edge + 0.2) / 1.6);
            canvas.scale(i, shadow, shadow, shadow);
            double alpha = canvas.coverage(edge);
            if (alpha == 0) {
                return;
            }
            double step = 0.25;
            double here = folds(cover, u, v);
            double sx = (here - folds(cover, u + step, v)) / step;
            double sy = (here - folds(cover, u, v + step)) / step;
            double hem = 0.5 * PlatePainter.fade(-edge / 0.6);
            double weave = 0.82
                    + 0.22
                            * ((Math.floor(u * 4.2) + Math.floor(v * 4.2)) % 2 == 0 ? 1 : 0)
                            * (0.6 + 0.4 * Grain.at(u * 9, v * 9));
            double stain = 1 - 0.35 * Math.max(0, Grain.rough(u * 0.5 + cover.offset(), v * 0.5));
            double light = lamps.paper(sx + hem * 0.3, sy + hem * 0.3) * weave * stain * (0.75 + 0.3 * here);
            canvas.blend(i, tint.red() * light, tint.green() * light, tint.blue() * light, alpha);
        });
    }

    private static double folds(Cover cover, double u, double v) {
        double wrinkle = 1 - Math.abs(Grain.at(u * 0.35 + cover.offset(), v * 0.16));
        return 0.9 * wrinkle * wrinkle + 0.35 * Grain.at(u * 0.6, v * 0.6 + cover.offset());
    }

    private void grease(Cover cover) {
        var tint = cover.tint();
        onto(cover, 1.1, (i, x, y, u, v, edge) -> {
            double shadow = 1 - 0.3 * PlatePainter.fade(edge / 0.5);
            canvas.scale(i, shadow, shadow, shadow);
            double alpha = canvas.coverage(edge);
            if (alpha == 0) {
                return;
            }
            double step = 0.1;
            double here = heap(cover, u, v);
            double sx = (here - heap(cover, u + step, v)) / step;
            double sy = (here - heap(cover, u, v + step)) / step;
            double r = Math.sqrt(u * u + v * v) + 1e-9;
            double rim = 0.9 * PlatePainter.fade(-edge / 1.1);
            double light = lamps.paper(sx + rim * u / r, sy + rim * v / r);
            double shine = 0.5 * lamps.gloss(sx + rim * u / r, sy + rim * v / r, 0.14, x, y);
            canvas.blend(
                    i,
                    tint.red() * light + shine,
                    tint.green() * light + shine,
                    tint.blue() * light + shine,
                    alpha * 0.985);
        });
    }

    private static double heap(Cover cover, double u, double v) {
        return 0.45 * Grain.at(u * 0.55 + cover.offset(), v * 0.55)
                + 0.12 * Grain.at(u * 1.6, v * 1.6 + cover.offset());
    }

    /** So many chips that nothing shows between them. */
    private void heap(Cover cover) {
        onto(cover, 1, (i, x, y, u, v, edge) -> {
            double shadow = 1 - 0.5 * PlatePainter.fade((edge - 0.1) / 1.2);
            canvas.scale(i, shadow, shadow, shadow);
            double dark = 0.05 + 0.04 * Grain.at(u * 2.5, v * 2.5);
            canvas.blend(i, dark, dark, dark, 0.97 * canvas.coverage(edge));
        });
        var dice = new Dice((long) (cover.offset() * 1e9), 0, "heap");
        double cos = StrictMath.cos(cover.angle());
        double sin = StrictMath.sin(cover.angle());
        int chips = (int) (cover.halfWidth() * cover.halfHeight() * 4.2);
        for (int k = 0; k < chips; k++) {
            double angle = dice.angle();
            double away = Math.sqrt(dice.unit()) * 0.95;
            double u = away * cover.halfWidth() * StrictMath.cos(angle);
            double v = away * cover.halfHeight() * StrictMath.sin(angle);
            double length = dice.between(0.8, 3.2);
            chip(new Chip(
                    cover.x() + cos * u - sin * v,
                    cover.y() + sin * u + cos * v,
                    dice.angle(),
                    dice.between(0.3, 0.75),
                    length,
                    length / dice.between(0.4, 0.9),
                    dice.between(0.2, 0.45),
                    cover.tint().times(dice.between(0.6, 1.2))));
        }
    }

    private void saturation(Cover cover) {
        onto(cover, 1.5, (i, x, y, u, v, edge) -> {
            double half = Math.min(cover.halfWidth(), cover.halfHeight());
            double deep = PlatePainter.fade((edge + half * 0.55) / (half * 0.85));
            canvas.add(i, 2.6 * deep * deep);
        });
    }
}

package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Blemish;
import goshawk.camera.sim.Scene.Bolt;
import goshawk.camera.sim.Scene.Circle;
import goshawk.camera.sim.Scene.Cover;
import goshawk.camera.sim.Scene.Damage;
import goshawk.camera.sim.Scene.Head;
import goshawk.camera.sim.Scene.Label;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws defects within {@link DefectLimits#STATED}. Confined to one thread, like its dice.
 *
 * <p>All draws of one object have the same share of the size range: when a small one does not show and is drawn anew, a small one
 * comes again, and the small ones do not die out.
 */
final class DefectDraw {

    private static final DefectLimits LIMITS = DefectLimits.STATED;

    private final Dice dice;
    private final Scene good;
    private final double size;

    DefectDraw(Dice dice, Scene good) {
        this.dice = dice;
        this.good = good;
        size = dice.unit();
    }

    Defect draw(PartKind kind) {
        return switch (kind) {
            case GOOD -> throw new IllegalArgumentException("a good part has no defect");
            case SCRATCH -> blemish(kind, scratch());
            case DENT -> blemish(kind, dent());
            case CRACK -> blemish(kind, crack());
            case BAD_LABEL -> label();
            case WRONG_BOLT -> bolt(kind, this::wrong);
            case CROSS_THREADED -> bolt(kind, this::crossThreaded);
            case MISSING_BOLT -> bolt(kind, this::missing);
            case OBSCURED -> obscured();
        };
    }

    private static Defect blemish(PartKind kind, Blemish blemish) {
        return new Defect(kind, kind.code(), blemish.bounds(), scene -> scene.withBlemish(blemish));
    }

    private interface BoltChange {
        Bolt of(Bolt bolt);
    }

    private Defect bolt(PartKind kind, BoltChange change) {
        int position = dice.below(Bracket.BOLTS.length);
        Bolt changed = change.of(good.bolts().get(position));
        double[] place = Bracket.BOLTS[position];
        return new Defect(
                kind, kind.code(), new Circle(place[0], place[1], 9.5), scene -> scene.withBolt(position, changed));
    }

    private Bolt missing(Bolt bolt) {
        return bolt.missing(dice.chance(0.25));
    }

    private Bolt wrong(Bolt bolt) {
        Head head = Head.HEX_SOCKET;
        double radius = bolt.radius();
        Tint finish = bolt.finish();
        int way = dice.below(10);
        if (way < 5) {
            head = dice.pick(List.of(Head.HEX, Head.SLOTTED, Head.PHILLIPS, Head.TORX));
        } else if (way < 8) {
            finish = foreignFinish();
        } else {
            radius = dice.between(dice.chance(0.5) ? LIMITS.smallerHeadRadius() : LIMITS.biggerHeadRadius());
        }
        if (way < 5 && dice.chance(0.3)) {
            finish = foreignFinish();
        }
        return new Bolt(
                head,
                radius,
                finish,
                bolt.washerFinish(),
                true,
                bolt.roughness(),
                bolt.turn(),
                bolt.tilt(),
                bolt.tiltTowards(),
                0,
                bolt.offset());
    }

    /** Black oxide or yellow passivation: the two other finishes in the bin. */
    private Tint foreignFinish() {
        return dice.chance(0.5)
                ? Tint.grey(dice.between(0.07, 0.14)).drifted(dice, 0.06)
                : new Tint(0.8, 0.6, 0.24).times(dice.between(0.85, 1.05)).drifted(dice, 0.05);
    }

    private Bolt crossThreaded(Bolt bolt) {
        return new Bolt(
                bolt.head(),
                bolt.radius(),
                bolt.finish(),
                bolt.washerFinish(),
                true,
                bolt.roughness(),
                bolt.turn(),
                StrictMath.toRadians(dice.between(LIMITS.tiltDegrees())),
                dice.angle(),
                dice.between(LIMITS.proudMm()),
                bolt.offset());
    }

    private Blemish scratch() {
        double length = LIMITS.scratchLength().logarithmic(size);
        int points = 33;
        while (true) {
            double[] x = new double[points];
            double[] y = new double[points];
            double startX = dice.around(0, Bracket.HALF_WIDTH);
            double startY = dice.around(0, Bracket.HALF_HEIGHT);
            double heading = dice.angle();
            double bend = dice.around(0, 0.9) / points;
            double wobble = dice.between(0, 0.05);
            double step = length / (points - 1);
            boolean fits = true;
            for (int i = 0; i < points && fits; i++) {
                x[i] = startX;
                y[i] = startY;
                fits = Bracket.functional(startX, startY) > 0.1;
                double turn = heading + bend * i + wobble * Grain.at(i * 0.3, startX * 3);
                startX += step * StrictMath.cos(turn);
                startY += step * StrictMath.sin(turn);
            }
            if (fits) {
                double bright = dice.chance(0.6) ? dice.between(0.5, 1.1) : -dice.between(0.45, 0.8);
                return new Blemish.Scratch(
                        x, y, dice.between(LIMITS.scratchWidth()), bright, dice.between(0.35, 0.9), length);
            }
        }
    }

    private Blemish dent() {
        double radius = LIMITS.dentDiameter().logarithmic(size) / 2;
        while (true) {
            double x = dice.around(0, Bracket.HALF_WIDTH);
            double y = dice.around(0, Bracket.HALF_HEIGHT);
            if (Bracket.functional(x, y) > radius * 0.7) {
                return new Blemish.Dent(
                        x,
                        y,
                        radius,
                        // A small dent comes from something sharp; a shallow small one would not show.
                        radius < 0.5 ? dice.between(0.5, LIMITS.dentSlope().most()) : dice.between(LIMITS.dentSlope()),
                        dice.between(0.72, 1),
                        dice.angle(),
                        radius < 0.5 ? dice.between(0.1, 0.45) : dice.between(0, 0.3));
            }
        }
    }

    private Blemish crack() {
        double length = LIMITS.crackLength().logarithmic(size);
        while (true) {
            double[] root = crackRoot();
            List<double[]> xs = new ArrayList<>();
            List<double[]> ys = new ArrayList<>();
            if (!walk(root[0], root[1], root[2], length, xs, ys)) {
                continue;
            }
            int branches = length < 1.5 ? 0 : dice.below(3);
            for (int i = 0; i < branches; i++) {
                int from = dice.from(xs.getFirst().length / 4, xs.getFirst().length * 3 / 4);
                double aside = dice.between(0.5, 1.1) * (dice.chance(0.5) ? 1 : -1);
                walk(
                        xs.getFirst()[from],
                        ys.getFirst()[from],
                        root[2] + aside,
                        Math.min(2, length * dice.between(0.15, 0.4)),
                        xs,
                        ys);
            }
            return new Blemish.Crack(xs, ys, dice.between(LIMITS.crackWidth()), dice.between(0.7, 0.95), length);
        }
    }

    /** Where a crack begins and where it heads: an edge, a bore, a bolt's seat, or the middle of nowhere. */
    private double[] crackRoot() {
        int place = dice.below(10);
        double angle = dice.angle();
        if (place < 4) {
            boolean side = dice.chance(0.4);
            double sign = dice.chance(0.5) ? 1 : -1;
            double reach = 0.15;
            return side
                    ? new double[] {
                        sign * (Bracket.HALF_WIDTH - reach),
                        dice.around(0, 4.5),
                        (sign > 0 ? Math.PI : 0) + dice.around(0, 0.6)
                    }
                    : new double[] {
                        dice.around(0, 12),
                        sign * (Bracket.HALF_HEIGHT - reach),
                        -sign * Math.PI / 2 + dice.around(0, 0.6)
                    };
        }
        if (place < 8) {
            double[] hole = dice.pick(place < 7 ? List.of(Bracket.BORES) : List.of(Bracket.BOLTS));
            double radius = (place < 7 ? Bracket.BORE_RADIUS : Bracket.WASHER_RADIUS) + 0.1;
            return new double[] {
                hole[0] + radius * StrictMath.cos(angle),
                hole[1] + radius * StrictMath.sin(angle),
                angle + dice.around(0, 0.5)
            };
        }
        return new double[] {dice.around(0, 20), dice.around(0, 12), angle};
    }

    private boolean walk(double x, double y, double heading, double length, List<double[]> xs, List<double[]> ys) {
        int points = Math.max(4, (int) (length / dice.between(0.14, 0.3)));
        double[] pathX = new double[points];
        double[] pathY = new double[points];
        double atX = x;
        double atY = y;
        double lean = 0;
        for (int i = 0; i < points; i++) {
            pathX[i] = atX;
            pathY[i] = atY;
            if (Bracket.bare(atX, atY) < 0.08) {
                return false;
            }
            lean = 0.5 * lean + dice.around(0, 0.75);
            atX += length / (points - 1) * StrictMath.cos(heading + lean);
            atY += length / (points - 1) * StrictMath.sin(heading + lean);
        }
        xs.add(pathX);
        ys.add(pathY);
        return true;
    }

    private Defect label() {
        Label was = good.label();
        int way = dice.below(50);
        Label bad;
        if (way < 21) {
            bad = with(was, wrongText(), Damage.NONE, was.turn());
        } else if (way < 27) {
            bad = with(was, was.text(), Damage.MISSING, was.turn());
        } else if (way < 30) {
            bad = with(was, was.text(), Damage.BLANK, was.turn());
        } else if (way < 37) {
            bad = with(was, was.text(), Damage.SMEARED, was.turn());
        } else if (way < 42) {
            bad = with(was, was.text(), Damage.TORN, was.turn());
        } else if (way < 46) {
            bad = with(was, was.text(), Damage.PEELED, was.turn());
        } else {
            double degrees = dice.chance(0.4)
                    ? 180 - dice.between(0, 3)
                    : dice.between(LIMITS.labelTurn().least(), 30);
            bad = with(was, was.text(), Damage.NONE, StrictMath.toRadians(dice.chance(0.5) ? degrees : -degrees));
        }
        return new Defect(
                PartKind.BAD_LABEL,
                PartKind.BAD_LABEL.code(),
                new Circle(Bracket.LABEL_X, Bracket.LABEL_Y, 11.5),
                scene -> scene.withLabel(bad));
    }

    private Label with(Label was, String text, Damage damage, double turn) {
        return new Label(
                text,
                was.dx(),
                was.dy(),
                turn,
                was.paper(),
                was.metallic(),
                was.ink(),
                was.dot(),
                was.pitch(),
                was.frame(),
                damage,
                dice.between(LIMITS.labelDamage()),
                dice.chance(0.5),
                was.offset());
    }

    /** A label of another part, or one that the printer was fed wrongly. Seen by what stands before the dash and by its form. */
    private String wrongText() {
        String right = good.label().text();
        String serial = right.substring(SerialCode.PART.length(), right.length() - 1);
        int way = dice.below(10);
        if (way < 7) {
            char[] part = SerialCode.PART.toCharArray();
            int position = dice.below(4);
            boolean digit = Character.isDigit(part[position]) && !dice.chance(0.15);
            String choices = digit ? "0123456789" : DotFont.PRINTED.substring(10);
            char changed;
            do {
                changed = choices.charAt(dice.below(choices.length()));
            } while (changed == part[position]);
            part[position] = changed;
            return SerialCode.checked(new String(part) + serial);
        }
        if (way < 9) {
            String part = dice.pick(List.of("GB46-", "G845-", "GBA5-", "GB54-", "BG45-", "GR45-", "GB17-", "HB44-"));
            return SerialCode.checked(part + serial);
        }
        return dice.pick(List.of(
                right.substring(1),
                right.substring(0, right.length() - 2),
                right.replace("-", ""),
                right.substring(4),
                right.substring(5) + "-GB45"));
    }

    private Defect obscured() {
        int target = dice.below(20);
        var stuff = dice.pick(List.of(Cover.Stuff.values()));
        if (target < 9) {
            double[] place = dice.pick(List.of(Bracket.BOLTS));
            double half = dice.between(LIMITS.coverBolt());
            return cover(
                    "obscured_bolt", stuff, place[0] + dice.around(0, 0.5), place[1] + dice.around(0, 0.5), half, half);
        }
        if (target < 15) {
            double x;
            double y;
            do {
                x = dice.around(0, 18);
                y = dice.around(0, 11);
            } while (Bracket.functional(x, y) < 1);
            return cover(
                    "obscured_surface",
                    stuff,
                    x,
                    y,
                    dice.between(LIMITS.coverSurface()),
                    dice.between(LIMITS.coverSurface()));
        }
        return cover(
                "obscured_label",
                stuff,
                Bracket.LABEL_X + dice.around(0, 5),
                Bracket.LABEL_Y + dice.around(0, 0.5),
                dice.between(LIMITS.coverLabel()),
                dice.between(3, 4.5));
    }

    private Defect cover(String code, Cover.Stuff stuff, double x, double y, double halfWidth, double halfHeight) {
        Tint tint = switch (stuff) {
            case RAG ->
                dice.pick(List.of(
                        new Tint(0.1, 0.16, 0.36),
                        new Tint(0.5, 0.49, 0.46),
                        new Tint(0.42, 0.1, 0.08),
                        new Tint(0.2, 0.2, 0.2)));
            case SWARF -> new Tint(0.72, 0.7, 0.68);
            case GREASE ->
                dice.pick(List.of(
                        new Tint(0.06, 0.045, 0.03),
                        new Tint(0.03, 0.03, 0.032),
                        new Tint(0.3, 0.17, 0.05),
                        new Tint(0.5, 0.46, 0.34)));
            case GLARE -> Tint.grey(1);
        };
        double angle = code.equals("obscured_label") ? dice.around(0, 0.25) : dice.angle();
        var cover = new Cover(
                stuff, code, x, y, halfWidth, halfHeight, angle, tint.drifted(dice, 0.1), dice.between(0, 200));
        return new Defect(PartKind.OBSCURED, code, cover.bounds(), scene -> scene.withCover(cover));
    }
}

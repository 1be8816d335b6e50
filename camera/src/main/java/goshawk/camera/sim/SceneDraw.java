package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Backdrop;
import goshawk.camera.sim.Scene.Bolt;
import goshawk.camera.sim.Scene.Chip;
import goshawk.camera.sim.Scene.Damage;
import goshawk.camera.sim.Scene.Film;
import goshawk.camera.sim.Scene.Glare;
import goshawk.camera.sim.Scene.Head;
import goshawk.camera.sim.Scene.Label;
import goshawk.camera.sim.Scene.Lens;
import goshawk.camera.sim.Scene.Light;
import goshawk.camera.sim.Scene.Lighting;
import goshawk.camera.sim.Scene.Nuisance;
import goshawk.camera.sim.Scene.Optics;
import goshawk.camera.sim.Scene.Plate;
import goshawk.camera.sim.Scene.Ring;
import goshawk.camera.sim.Scene.Speck;
import java.util.ArrayList;
import java.util.List;

/** Draws a good part and its surroundings from a seed. Each topic has its own dice. */
final class SceneDraw {

    private final long seed;
    private final long index;

    SceneDraw(long seed, long index) {
        this.seed = seed;
        this.index = index;
    }

    Scene good(boolean nuisance) {
        return new Scene(
                pose(dice("pose")),
                optics(dice("optics")),
                backdrop(dice("backdrop")),
                plate(dice("plate")),
                bolts(dice("bolts")),
                label(dice("label"), SerialCode.draw(dice("code"))),
                List.of(),
                List.of(),
                nuisance ? nuisance(dice("nuisance")) : Nuisance.NONE,
                List.of());
    }

    /** The same part and surroundings, seen another time. */
    Scene again(Scene scene, int presentation) {
        return scene.seen(pose(dice("pose " + presentation)), optics(dice("optics " + presentation)));
    }

    private Dice dice(String topic) {
        return new Dice(seed, index, topic);
    }

    private static PartPose pose(Dice dice) {
        return new PartPose(
                dice.around(0, DefectLimits.POSE_MM),
                dice.around(0, DefectLimits.POSE_MM),
                dice.around(0, DefectLimits.POSE_DEGREES));
    }

    private static Optics optics(Dice dice) {
        double gain = dice.between(0.84, 1.12);
        var exposure =
                new Tint(gain * dice.around(1, 0.035), gain * dice.around(1, 0.012), gain * dice.around(1, 0.045));
        double keyAngle = dice.around(-2.3, 0.5);
        double keyTilt = dice.between(0.42, 0.62);
        double fillAngle = dice.around(0.4, 0.6);
        double fillTilt = dice.between(0.35, 0.65);
        var lens = new Lens(
                dice.around(1, 0.002),
                dice.between(280, 460),
                dice.around(0, 4),
                dice.around(0, 4),
                dice.between(0.6, 1.0),
                dice.between(0.04, 0.16),
                dice.between(0.7, 2.4));
        var key = new Light(
                keyTilt * StrictMath.cos(keyAngle),
                keyTilt * StrictMath.sin(keyAngle),
                dice.between(0.5, 0.8),
                dice.between(0.001, 0.006));
        var fill = new Light(
                fillTilt * StrictMath.cos(fillAngle),
                fillTilt * StrictMath.sin(fillAngle),
                dice.between(0.2, 0.4),
                dice.between(0.001, 0.005));
        var lighting = new Lighting(key, fill, dice.between(0.17, 0.29), dice.between(0.1, 0.35));
        return new Optics(lens, lighting, exposure, dice.next());
    }

    private static Backdrop backdrop(Dice dice) {
        var kind = dice.pick(List.of(Backdrop.Ground.values()));
        Tint tint = switch (kind) {
            case BELT ->
                dice.pick(
                        List.of(new Tint(0.045, 0.047, 0.05), new Tint(0.03, 0.11, 0.07), new Tint(0.04, 0.07, 0.16)));
            case ROUGH_BELT -> dice.pick(List.of(Tint.grey(0.035), new Tint(0.06, 0.055, 0.045)));
            case FIXTURE -> dice.pick(List.of(Tint.grey(0.03), new Tint(0.05, 0.055, 0.075)));
            case STEEL -> new Tint(0.2, 0.205, 0.21);
            case PAINTED -> dice.pick(List.of(Tint.grey(0.42), new Tint(0.38, 0.4, 0.34), new Tint(0.12, 0.2, 0.28)));
        };
        return new Backdrop(
                kind,
                tint.drifted(dice, 0.12),
                dice.around(0, 0.2) + (dice.chance(0.5) ? Math.PI / 2 : 0),
                dice.around(0, 50),
                dice.around(0, 50),
                dice.between(0.8, 1.3));
    }

    private static Plate plate(Dice dice) {
        boolean faceMilled = dice.chance(0.45);
        boolean ground = !faceMilled && dice.chance(0.3);
        double shade = dice.between(0.62, 0.8);
        return new Plate(
                new Tint(shade, shade * dice.around(1, 0.012), shade * dice.between(0.985, 1.035)),
                dice.angle(),
                faceMilled ? dice.between(18, 60) : 0,
                dice.between(0.025, 0.07) * (ground ? 0.6 : 1),
                ground ? 0 : dice.between(0.004, 0.022),
                dice.between(0.35, 1.1),
                dice.between(0.13, 0.18),
                dice.between(0.24, 0.34),
                dice.between(0.01, 0.04),
                dice.between(0.3, 0.65),
                dice.around(0, 100),
                dice.around(0, 100));
    }

    private static List<Bolt> bolts(Dice dice) {
        Tint lot = zinc(dice);
        Tint washers = zinc(dice).times(0.93);
        double roughness = dice.between(0.2, 0.32);
        List<Bolt> bolts = new ArrayList<>();
        for (int i = 0; i < Bracket.BOLTS.length; i++) {
            bolts.add(new Bolt(
                    Head.HEX_SOCKET,
                    Bracket.HEAD_RADIUS * dice.around(1, 0.008),
                    lot.drifted(dice, 0.025),
                    washers.drifted(dice, 0.025),
                    true,
                    roughness * dice.around(1, 0.12),
                    dice.angle(),
                    dice.between(0, 0.016),
                    dice.angle(),
                    0,
                    dice.between(0, 200)));
        }
        return bolts;
    }

    /** Zinc plating: bluish to faintly straw; never as yellow as yellow-passivated. */
    private static Tint zinc(Dice dice) {
        double straw = dice.between(-1, 1);
        double shade = dice.between(0.66, 0.82);
        return new Tint(shade * (1 + 0.015 * straw), shade * (1 + 0.005 * straw), shade * (1.03 - 0.055 * straw));
    }

    private static Label label(Dice dice, String code) {
        boolean metallic = dice.chance(0.3);
        double paper = metallic ? dice.between(0.5, 0.62) : dice.between(0.62, 0.8);
        return new Label(
                code,
                dice.around(0, 0.3),
                dice.around(0, 0.2),
                StrictMath.toRadians(dice.around(0, DefectLimits.LABEL_TURN_DEGREES)),
                new Tint(paper, paper * dice.between(0.97, 1.01), paper * dice.between(0.88, 1.0)),
                metallic,
                dice.between(0.8, 0.97),
                dice.between(0.5, 0.68),
                dice.between(0.24, 0.255),
                dice.chance(0.25),
                Damage.NONE,
                0,
                false,
                dice.between(0, 200));
    }

    private static Nuisance nuisance(Dice dice) {
        List<Film> films = new ArrayList<>();
        for (int i = dice.chance(0.65) ? dice.from(1, 3) : 0; i > 0; i--) {
            double thick = dice.between(0.25, 1);
            films.add(new Film(
                    dice.around(0, 20),
                    dice.around(0, 13),
                    dice.between(2, 7.5),
                    dice.between(0.5, 1),
                    dice.angle(),
                    new Tint(1 - thick * 0.24, 1 - thick * 0.29, 1 - thick * dice.between(0.3, 0.44)),
                    dice.between(0.05, 0.3),
                    dice.between(0, 200)));
        }
        List<Glare> glares = new ArrayList<>();
        for (int i = dice.chance(0.5) ? dice.from(1, 2) : 0; i > 0; i--) {
            glares.add(new Glare(
                    dice.around(0, 20),
                    dice.around(0, 13),
                    dice.between(2, 9),
                    dice.between(1, 4),
                    dice.angle(),
                    dice.between(0.05, DefectLimits.GLARE_LIGHT)));
        }
        List<Chip> chips = new ArrayList<>();
        for (int i = dice.chance(0.6) ? dice.from(1, 6) : 0; i > 0; i--) {
            chips.add(chip(dice));
        }
        List<Speck> specks = new ArrayList<>();
        for (int i = dice.from(0, 14); i > 0; i--) {
            specks.add(new Speck(
                    dice.around(0, 22),
                    dice.around(0, 14.5),
                    dice.between(0.05, DefectLimits.DUST_MM / 2),
                    dice.chance(0.6) ? dice.between(0.35, 0.8) : -dice.between(0.1, 0.35)));
        }
        List<Ring> rings = new ArrayList<>();
        for (int i = dice.chance(0.3) ? dice.from(1, 3) : 0; i > 0; i--) {
            rings.add(new Ring(
                    dice.around(0, 20),
                    dice.around(0, 13),
                    dice.between(0.8, 3.5),
                    dice.between(0.04, 0.12),
                    dice.between(0, 200)));
        }
        return new Nuisance(films, glares, chips, specks, rings);
    }

    /** Swarf where it harms nobody: beside the plate or on its margin. */
    private static Chip chip(Dice dice) {
        double radius = dice.between(0.25, 0.6);
        double length = dice.between(0.6, 4.5);
        double reach = length / 2 + radius + 0.2;
        double blue = dice.chance(0.25) ? 1.25 : 1;
        var tint = new Tint(0.75, 0.72 * (0.5 + 0.5 * blue), 0.7 * blue).times(dice.between(0.7, 1.15));
        while (true) {
            double x = dice.around(0, 28);
            double y = dice.around(0, 21);
            double angle = dice.angle();
            double endX = reach * StrictMath.cos(angle);
            double endY = reach * StrictMath.sin(angle);
            double inside = Math.min(
                    Math.min(Bracket.outline(x, y), Bracket.outline(x + endX, y + endY)),
                    Bracket.outline(x - endX, y - endY));
            if (inside > radius + 0.2 - DefectLimits.MARGIN_MM) {
                return new Chip(
                        x, y, angle, radius, length, length / dice.between(0.35, 0.9), dice.between(0.12, 0.3), tint);
            }
        }
    }
}

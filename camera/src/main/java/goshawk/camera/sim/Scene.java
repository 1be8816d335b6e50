package goshawk.camera.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * Everything that is in one picture, drawn but not yet painted. Lengths in mm of the part frame unless said otherwise.
 *
 * @param bolts in the order of {@link Bracket#BOLTS}
 */
record Scene(
        PartPose pose,
        Optics optics,
        Backdrop backdrop,
        Plate plate,
        List<Bolt> bolts,
        Label label,
        List<Blemish> blemishes,
        List<Cover> covers,
        Nuisance nuisance,
        List<Writing> writings) {

    Scene {
        bolts = List.copyOf(bolts);
        blemishes = List.copyOf(blemishes);
        covers = List.copyOf(covers);
        writings = List.copyOf(writings);
    }

    Scene seen(PartPose pose, Optics optics) {
        return new Scene(pose, optics, backdrop, plate, bolts, label, blemishes, covers, nuisance, writings);
    }

    Scene withBolt(int position, Bolt bolt) {
        List<Bolt> changed = new ArrayList<>(bolts);
        changed.set(position, bolt);
        return new Scene(pose, optics, backdrop, plate, changed, label, blemishes, covers, nuisance, writings);
    }

    Scene withLabel(Label changed) {
        return new Scene(pose, optics, backdrop, plate, bolts, changed, blemishes, covers, nuisance, writings);
    }

    Scene withBlemish(Blemish added) {
        List<Blemish> all = new ArrayList<>(blemishes);
        all.add(added);
        return new Scene(pose, optics, backdrop, plate, bolts, label, all, covers, nuisance, writings);
    }

    Scene withCover(Cover added) {
        List<Cover> all = new ArrayList<>(covers);
        all.add(added);
        return new Scene(pose, optics, backdrop, plate, bolts, label, blemishes, all, nuisance, writings);
    }

    Scene withoutCovers() {
        return new Scene(pose, optics, backdrop, plate, bolts, label, blemishes, List.of(), nuisance, writings);
    }

    Scene withWriting(Writing added) {
        return new Scene(pose, optics, backdrop, plate, bolts, label, blemishes, covers, nuisance, List.of(added));
    }

    /** Camera and light. */
    record Optics(Lens lens, Lighting lighting, Tint exposure, long noiseSeed) {

        /** The same light through another lens. */
        Optics magnified(double to) {
            return new Optics(lens.magnified(to), lighting, exposure, noiseSeed);
        }

        /** One frame of a clip: its own noise, and the light as it drifted. */
        Optics frame(int number, double gain) {
            return new Optics(lens, lighting, exposure.times(gain), noiseSeed + 7_919L * number);
        }
    }

    /**
     * Lens and sensor.
     *
     * @param magnification 1 at the nominal 90 µm per pixel
     * @param distanceMm from the lens to the plate; tall things lean outwards the more, the nearer it is
     * @param centreXMm foot of the optical axis, picture frame, mm from the picture's centre
     * @param blurPx standard deviation of the lens' blur
     * @param vignette loss of light in the corners, share
     * @param noise standard deviation of the sensor's noise at mid grey, levels of 255
     */
    record Lens(
            double magnification,
            double distanceMm,
            double centreXMm,
            double centreYMm,
            double blurPx,
            double vignette,
            double noise) {

        Lens magnified(double to) {
            return new Lens(to, distanceMm, centreXMm, centreYMm, blurPx, vignette, noise);
        }
    }

    /** Two lamps, a dome over all and a ring around the lens. */
    record Lighting(Light key, Light fill, double dome, double ring) {}

    /**
     * A lamp, picture frame.
     *
     * @param x and {@code y}, the direction to it, seen from the picture's centre, times its sine of elevation from the axis
     * @param near change of direction per mm across the part: 0 for a lamp far away
     */
    record Light(double x, double y, double strength, double near) {

        double z() {
            return Math.sqrt(1 - x * x - y * y);
        }
    }

    /** What the part lies on. */
    record Backdrop(Ground ground, Tint tint, double angle, double offsetX, double offsetY, double pitch) {
        enum Ground {
            BELT,
            ROUGH_BELT,
            FIXTURE,
            STEEL,
            PAINTED
        }
    }

    /**
     * The machined plate.
     *
     * @param angle direction of the milling marks, radians
     * @param sweepRadius of the arcs left by a face mill; 0 for straight marks
     * @param depth slope of the marks (rise over run)
     * @param pitch of the feed marks, mm
     * @param along and {@code across}: roughness with and across the marks, as the width of the slopes
     */
    record Plate(
            Tint tint,
            double angle,
            double sweepRadius,
            double depth,
            double feedDepth,
            double pitch,
            double along,
            double across,
            double mottle,
            double chamfer,
            double offsetX,
            double offsetY) {}

    enum Head {
        HEX_SOCKET,
        HEX,
        SLOTTED,
        PHILLIPS,
        TORX,
        /** No bolt: the threaded hole. */
        NONE
    }

    /**
     * @param turn of the head, radians
     * @param tilt of the head's axis, radians, towards {@code tiltTowards} (radians, part frame): that side is lower
     * @param proud how far the head stands off its washer
     * @param offset of the texture, and whatever else tells one bolt of a kind from another
     */
    record Bolt(
            Head head,
            double radius,
            Tint finish,
            Tint washerFinish,
            boolean washer,
            double roughness,
            double turn,
            double tilt,
            double tiltTowards,
            double proud,
            double offset) {

        /** The hole that this bolt belongs in. */
        Bolt missing(boolean washerLeft) {
            return new Bolt(Head.NONE, radius, finish, washerFinish, washerLeft, roughness, turn, 0, 0, 0, offset);
        }
    }

    enum Damage {
        NONE,
        MISSING,
        BLANK,
        SMEARED,
        TORN,
        PEELED
    }

    /**
     * @param dx shift from its place
     * @param turn radians
     * @param metallic whether the foil is silver
     * @param dot radius of a printed dot as share of the pitch
     * @param pitch of the dots
     * @param share of the label that is damaged, from the side {@code fromRight}
     */
    record Label(
            String text,
            double dx,
            double dy,
            double turn,
            Tint paper,
            boolean metallic,
            double ink,
            double dot,
            double pitch,
            boolean frame,
            Damage damage,
            double share,
            boolean fromRight,
            double offset) {}

    /** Damage of the plate itself. */
    sealed interface Blemish {

        /** Centre and radius of a circle that holds it all. */
        Circle bounds();

        /**
         * A bent line.
         *
         * @param x points of the line, evenly spaced
         * @param bright whether fresh metal shines in it, or dirt darkens it
         * @param depth slope of its walls
         */
        record Scratch(double[] x, double[] y, double width, double bright, double depth, double length)
                implements Blemish {
            @Override
            public Circle bounds() {
                return Circle.around(x, y, width + 0.4);
            }
        }

        /** Jagged lines, the first the longest; the others branch off. */
        record Crack(List<double[]> xs, List<double[]> ys, double width, double dark, double length)
                implements Blemish {
            @Override
            public Circle bounds() {
                return Circle.around(xs.getFirst(), ys.getFirst(), width + 2.5);
            }
        }

        /**
         * @param slope of the wall
         * @param squash ratio of its diameters, up to 1
         */
        record Dent(double x, double y, double radius, double slope, double squash, double angle, double scuff)
                implements Blemish {
            @Override
            public Circle bounds() {
                return new Circle(x, y, radius * 1.6 + 0.3);
            }
        }
    }

    /** Something opaque over the part. */
    record Cover(
            Stuff stuff,
            String code,
            double x,
            double y,
            double halfWidth,
            double halfHeight,
            double angle,
            Tint tint,
            double offset) {
        enum Stuff {
            RAG,
            SWARF,
            GREASE,
            GLARE
        }

        Circle bounds() {
            return new Circle(x, y, Math.max(halfWidth, halfHeight) * 1.8 + 5);
        }
    }

    /** What lies about and is no defect. */
    record Nuisance(List<Film> films, List<Glare> glares, List<Chip> chips, List<Speck> specks, List<Ring> rings) {

        static final Nuisance NONE = new Nuisance(List.of(), List.of(), List.of(), List.of(), List.of());

        Nuisance {
            films = List.copyOf(films);
            glares = List.copyOf(glares);
            chips = List.copyOf(chips);
            specks = List.copyOf(specks);
            rings = List.copyOf(rings);
        }
    }

    /** Translucent oil. {@code through} is the light that comes back through it. */
    record Film(
            double x,
            double y,
            double radius,
            double stretch,
            double angle,
            Tint through,
            double gloss,
            double offset) {}

    record Glare(double x, double y, double halfWidth, double halfHeight, double angle, double light) {}

    /** A curl of swarf: {@code turns} loops of {@code radius}, {@code length} long. */
    record Chip(
            double x, double y, double angle, double radius, double length, double turns, double width, Tint tint) {}

    record Speck(double x, double y, double radius, double dark) {}

    /** The rim of a dried drop. */
    record Ring(double x, double y, double radius, double strength, double offset) {}

    record Circle(double x, double y, double radius) {

        static Circle around(double[] xs, double[] ys, double margin) {
            double left = Double.MAX_VALUE;
            double right = -Double.MAX_VALUE;
            double top = Double.MAX_VALUE;
            double bottom = -Double.MAX_VALUE;
            for (int i = 0; i < xs.length; i++) {
                left = Math.min(left, xs[i]);
                right = Math.max(right, xs[i]);
                top = Math.min(top, ys[i]);
                bottom = Math.max(bottom, ys[i]);
            }
            double radius = Bracket.distance(left, top, right, bottom) / 2;
            return new Circle((left + right) / 2, (top + bottom) / 2, radius + margin);
        }

        boolean meets(Circle other) {
            return Bracket.distance(x, y, other.x, other.y) < radius + other.radius;
        }
    }
}

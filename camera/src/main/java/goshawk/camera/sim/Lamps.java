package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Lighting;

/**
 * How surfaces shine under this station's two lamps, dome and ring, seen from straight above.
 *
 * <p>Microfacets in slope space: a lamp shines back from facets whose slope is half way between it and the camera, and a surface
 * has a spread of slopes around its own, wider across the milling marks than along them. Tails fall off like GGX, {@code 1 / (1 +
 * q)²}: no exponential, which would differ between machines.
 */
final class Lamps {

    /** What rough metal throws back whichever way its facets look, with the lamps as they usually are. */
    private static final double MATTE = 0.22;

    /** The weakest that the key light usually is; below it less is thrown back. */
    private static final double USUAL_KEY = 0.5;

    private static final double RING_AT = 0.11;
    private static final double RING_WIDTH = 0.05;

    private final double keyX;
    private final double keyY;
    private final double keyZ;
    private final double keyStrength;
    private final double keyNear;
    private final double keyHalfX;
    private final double keyHalfY;
    private final double fillHalfX;
    private final double fillHalfY;
    private final double fillStrength;
    private final double fillNear;
    private final double dome;
    private final double ring;
    private final double matte;

    Lamps(View view, Scene.Optics optics) {
        Lighting lighting = optics.lighting();
        var key = lighting.key();
        var fill = lighting.fill();
        keyX = view.cos * key.x() + view.sin * key.y();
        keyY = view.cos * key.y() - view.sin * key.x();
        keyZ = key.z();
        keyStrength = key.strength();
        keyNear = key.near();
        keyHalfX = keyX / (1 + keyZ);
        keyHalfY = keyY / (1 + keyZ);
        fillHalfX = (view.cos * fill.x() + view.sin * fill.y()) / (1 + fill.z());
        fillHalfY = (view.cos * fill.y() - view.sin * fill.x()) / (1 + fill.z());
        fillStrength = fill.strength();
        fillNear = fill.near();
        dome = lighting.dome();
        ring = lighting.ring();
        matte = MATTE * Math.min(1, keyStrength / USUAL_KEY);
    }

    /**
     * Light from a metal surface at (x, y) mm.
     *
     * @param px slope of its normal, likewise {@code py}: 0 is level
     * @param tx unit vector along its marks, likewise {@code ty}
     * @param along spread of slopes with the marks, {@code across} across them
     */
    double metal(double px, double py, double tx, double ty, double along, double across, double x, double y) {
        double inverseAlong = 1 / along;
        double inverseAcross = 1 / across;
        double dx = px - keyHalfX + keyNear * x;
        double dy = py - keyHalfY + keyNear * y;
        double a = (dx * tx + dy * ty) * inverseAlong;
        double c = (dy * tx - dx * ty) * inverseAcross;
        double q = 1 + a * a + c * c;
        double light = keyStrength / (q * q);
        dx = px - fillHalfX + fillNear * x;
        dy = py - fillHalfY + fillNear * y;
        a = (dx * tx + dy * ty) * inverseAlong;
        c = (dy * tx - dx * ty) * inverseAcross;
        q = 1 + a * a + c * c;
        light += fillStrength / (q * q);
        double steep = px * px + py * py;
        double ringed = (steep - RING_AT) / RING_WIDTH;
        light += ring / (1 + ringed * ringed) + dome / (1 + 1.6 * steep);
        return light + matte * matte(px, py, steep);
    }

    /** Light from paper, cloth or paint. */
    double paper(double px, double py) {
        double steep = px * px + py * py;
        return 1.15 * dome + 0.62 * keyStrength * 1.25 * matte(px, py, steep) + 0.3 * fillStrength;
    }

    private double matte(double px, double py, double steep) {
        double facing = (keyX * px + keyY * py + keyZ) / Math.sqrt(1 + steep);
        return facing < 0 ? 0 : facing;
    }

    /** Highlight of a wet or glossy skin on top of what lies below. */
    double gloss(double px, double py, double roughness, double x, double y) {
        double dx = (px - keyHalfX + keyNear * x) / roughness;
        double dy = (py - keyHalfY + keyNear * y) / roughness;
        double q = 1 + dx * dx + dy * dy;
        double light = keyStrength / (q * q);
        dx = (px - fillHalfX + fillNear * x) / roughness;
        dy = (py - fillHalfY + fillNear * y) / roughness;
        q = 1 + dx * dx + dy * dy;
        return light + fillStrength / (q * q);
    }

    /** Part-frame shift of the key light's shadow per mm of height. */
    double shadowX() {
        return -keyX / keyZ;
    }

    double shadowY() {
        return -keyY / keyZ;
    }

    /** How much of the key light reaches the wall of a hole whose inward normal is (x, y): 0 to 1. */
    double intoWall(double x, double y) {
        double length = Math.sqrt(keyX * keyX + keyY * keyY) + 1e-9;
        double facing = (x * keyX + y * keyY) / length;
        return facing < 0 ? 0 : facing;
    }
}

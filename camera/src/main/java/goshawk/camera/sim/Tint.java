package goshawk.camera.sim;

/** A reflectance or a light, linear, 1 is white. */
record Tint(double red, double green, double blue) {

    Tint times(double factor) {
        return new Tint(red * factor, green * factor, blue * factor);
    }

    static Tint grey(double value) {
        return new Tint(value, value, value);
    }

    /** This tint, each colour drifted by at most {@code reach} (relative). */
    Tint drifted(Dice dice, double reach) {
        return new Tint(red * dice.around(1, reach), green * dice.around(1, reach), blue * dice.around(1, reach));
    }
}

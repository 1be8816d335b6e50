package goshawk.camera.sim;

/** Smooth random texture in the plane (value noise), the raw stuff of every surface here. Immutable, any thread. */
final class Grain {

    private static final int BITS = 8;
    private static final int SIZE = 1 << BITS;
    private static final int MASK = SIZE - 1;
    private static final float[] LATTICE = lattice();

    private Grain() {}

    private static float[] lattice() {
        var dice = new Dice(0x676F736861776BL, 0, "grain");
        var values = new float[SIZE * SIZE];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) dice.between(-1, 1);
        }
        return values;
    }

    /** Noise in [-1, 1] with features about one unit across; repeats after 256 units. */
    static double at(double x, double y) {
        double floorX = Math.floor(x);
        double floorY = Math.floor(y);
        int column = (int) floorX;
        int row = (int) floorY;
        double u = x - floorX;
        double v = y - floorY;
        u = u * u * (3 - 2 * u);
        v = v * v * (3 - 2 * v);
        int top = (row & MASK) << BITS;
        int bottom = ((row + 1) & MASK) << BITS;
        int left = column & MASK;
        int right = (column + 1) & MASK;
        double upper = LATTICE[top | left] + (LATTICE[top | right] - LATTICE[top | left]) * u;
        double lower = LATTICE[bottom | left] + (LATTICE[bottom | right] - LATTICE[bottom | left]) * u;
        return upper + (lower - upper) * v;
    }

    /** Three octaves, in about [-1, 1]. */
    static double rough(double x, double y) {
        return 0.57 * at(x, y) + 0.29 * at(2.03 * x + 31.7, 2.03 * y + 11.3) + 0.14 * at(4.1 * x + 7.9, 4.1 * y + 53.1);
    }
}

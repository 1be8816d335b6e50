package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Optics;

/** Lens and sensor: from light on a canvas to levels, and from levels to bytes with noise. */
final class Sensor {

    /** Pixels around a window that its blur reaches into. */
    static final int BLUR_REACH = 3;

    private static final int CURVE_SIZE = 1 << 14;
    private static final float[] CURVE = curve();

    private Sensor() {}

    /** sRGB levels, 0 to 255, over linear light from 0 to 1. */
    private static float[] curve() {
        var curve = new float[CURVE_SIZE + 1];
        for (int i = 0; i <= CURVE_SIZE; i++) {
            double linear = (double) i / CURVE_SIZE;
            double level = linear <= 0.0031308 ? 12.92 * linear : 1.055 * StrictMath.pow(linear, 1 / 2.4) - 0.055;
            curve[i] = (float) (255 * level);
        }
        return curve;
    }

    /** Blurs and exposes the canvas in place: afterwards its colours are levels from 0 to 255, not rounded. */
    static void expose(Canvas canvas, Optics optics) {
        float[] scratch = new float[canvas.red.length];
        float[] kernel = kernel(optics.lens().blurPx());
        blur(canvas, canvas.red, scratch, kernel);
        blur(canvas, canvas.green, scratch, kernel);
        blur(canvas, canvas.blue, scratch, kernel);
        var exposure = optics.exposure();
        var view = canvas.view;
        double corner = view.width * view.width / 4.0 + view.height * view.height / 4.0;
        for (int row = 0; row < canvas.height; row++) {
            double dy = row + canvas.top + 0.5 - view.height / 2.0;
            for (int column = 0; column < canvas.width; column++) {
                double dx = column + canvas.left + 0.5 - view.width / 2.0;
                double gain = 1 - optics.lens().vignette() * (dx * dx + dy * dy) / corner;
                int i = row * canvas.width + column;
                canvas.red[i] = level(canvas.red[i] * gain * exposure.red());
                canvas.green[i] = level(canvas.green[i] * gain * exposure.green());
                canvas.blue[i] = level(canvas.blue[i] * gain * exposure.blue());
            }
        }
    }

    private static float level(double light) {
        return CURVE[(int) (Math.clamp(light, 0, 1) * CURVE_SIZE)];
    }

    private static float[] kernel(double sigma) {
        var kernel = new float[2 * BLUR_REACH + 1];
        double sum = 0;
        for (int k = -BLUR_REACH; k <= BLUR_REACH; k++) {
            sum += StrictMath.exp(-k * k / (2 * sigma * sigma));
        }
        for (int k = -BLUR_REACH; k <= BLUR_REACH; k++) {
            kernel[k + BLUR_REACH] = (float) (StrictMath.exp(-k * k / (2 * sigma * sigma)) / sum);
        }
        return kernel;
    }

    private static void blur(Canvas canvas, float[] plane, float[] scratch, float[] kernel) {
        int width = canvas.width;
        int height = canvas.height;
        float k0 = kernel[3];
        float k1 = kernel[4];
        float k2 = kernel[5];
        float k3 = kernel[6];
        System.arraycopy(plane, 0, scratch, 0, plane.length);
        for (int row = 0; row < height; row++) {
            int from = row * width + BLUR_REACH;
            int to = (row + 1) * width - BLUR_REACH;
            for (int i = from; i < to; i++) {
                scratch[i] = k0 * plane[i]
                        + k1 * (plane[i - 1] + plane[i + 1])
                        + k2 * (plane[i - 2] + plane[i + 2])
                        + k3 * (plane[i - 3] + plane[i + 3]);
            }
        }
        for (int row = 0; row < height; row++) {
            int from = row * width;
            if (row < BLUR_REACH || row >= height - BLUR_REACH) {
                System.arraycopy(scratch, from, plane, from, width);
                continue;
            }
            for (int i = from; i < from + width; i++) {
                plane[i] = k0 * scratch[i]
                        + k1 * (scratch[i - width] + scratch[i + width])
                        + k2 * (scratch[i - 2 * width] + scratch[i + 2 * width])
                        + k3 * (scratch[i - 3 * width] + scratch[i + 3 * width]);
            }
        }
    }

    /** Adds noise and rounds. The noise of a pixel depends on its place and the seed, not on what it shows. */
    static byte[] read(Canvas levels, Optics optics) {
        int size = levels.red.length;
        var rgb = new byte[size * 3];
        double sigma = optics.lens().noise() / 148;
        for (int i = 0; i < size; i++) {
            // Sums of four uniform bytes: near enough to a bell (standard deviation 148) and exact everywhere.
            long dice = Dice.mix(optics.noiseSeed() + i * 0x9E3779B97F4A7C15L);
            int common = (int) (dice & 0xFF)
                    + (int) (dice >>> 8 & 0xFF)
                    + (int) (dice >>> 16 & 0xFF)
                    + (int) (dice >>> 24 & 0xFF)
                    - 510;
            int low = (int) (dice >>> 32 & 0xFF) + (int) (dice >>> 40 & 0xFF) - 255;
            int high = (int) (dice >>> 48 & 0xFF) + (int) (dice >>> 56 & 0xFF) - 255;
            rgb[3 * i] = round(levels.red[i] + sigma * (0.85 * common + 0.7 * low));
            rgb[3 * i + 1] = round(levels.green[i] + sigma * (0.85 * common - 0.35 * (low + high)));
            rgb[3 * i + 2] = round(levels.blue[i] + sigma * (0.85 * common + 0.7 * high));
        }
        return rgb;
    }

    private static byte round(double level) {
        return (byte) (int) Math.clamp(level + 0.5, 0, 255);
    }
}

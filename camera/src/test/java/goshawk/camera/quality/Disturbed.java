package goshawk.camera.quality;

/** Pictures made worse by a known amount: RGB, rows without padding. Nothing is changed in place. */
final class Disturbed {

    private Disturbed() {}

    /** Out of focus: a Gaussian blur of this standard deviation in pixels. */
    static byte[] blurred(byte[] rgb, int width, int height, double sigma) {
        if (sigma == 0) {
            return rgb.clone();
        }
        int reach = (int) Math.ceil(3 * sigma);
        double[] kernel = new double[2 * reach + 1];
        double sum = 0;
        for (int i = -reach; i <= reach; i++) {
            kernel[i + reach] = Math.exp(-i * i / (2 * sigma * sigma));
            sum += kernel[i + reach];
        }
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] /= sum;
        }
        return along(along(rgb, width, height, kernel, 1, 0), width, height, kernel, 0, 1);
    }

    private static byte[] along(byte[] rgb, int width, int height, double[] kernel, int stepX, int stepY) {
        int reach = kernel.length / 2;
        byte[] out = new byte[rgb.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    double level = 0;
                    for (int i = -reach; i <= reach; i++) {
                        int atX = Math.clamp(x + i * stepX, 0, width - 1);
                        int atY = Math.clamp(y + i * stepY, 0, height - 1);
                        level += kernel[i + reach] * (rgb[(atY * width + atX) * 3 + channel] & 0xff);
                    }
                    out[(y * width + x) * 3 + channel] = (byte) Math.round(level);
                }
            }
        }
        return out;
    }

    /** Moved evenly by {@code length} pixels in this direction while the shutter was open. */
    static byte[] smeared(byte[] rgb, int width, int height, double length, double degrees) {
        int samples = (int) Math.max(1, Math.round(length * 2));
        double dx = Math.cos(Math.toRadians(degrees)) * length / samples;
        double dy = Math.sin(Math.toRadians(degrees)) * length / samples;
        byte[] out = new byte[rgb.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    double level = 0;
                    for (int i = 0; i < samples; i++) {
                        double at = i - (samples - 1) / 2.0;
                        level += bilinear(rgb, width, height, x + at * dx, y + at * dy, channel);
                    }
                    out[(y * width + x) * 3 + channel] = (byte) Math.round(level / samples);
                }
            }
        }
        return out;
    }

    private static double bilinear(byte[] rgb, int width, int height, double x, double y, int channel) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double right = x - left;
        double bottom = y - top;
        double upper = at(rgb, width, height, left, top, channel) * (1 - right)
                + at(rgb, width, height, left + 1, top, channel) * right;
        double lower = at(rgb, width, height, left, top + 1, channel) * (1 - right)
                + at(rgb, width, height, left + 1, top + 1, channel) * right;
        return upper * (1 - bottom) + lower * bottom;
    }

    private static int at(byte[] rgb, int width, int height, int x, int y, int channel) {
        return rgb[(Math.clamp(y, 0, height - 1) * width + Math.clamp(x, 0, width - 1)) * 3 + channel] & 0xff;
    }

    /** Exposed {@code gain} times as long: light, not levels, is multiplied, and what is too much is cut off. */
    static byte[] exposed(byte[] rgb, double gain) {
        byte[] levels = new byte[256];
        for (int i = 0; i < levels.length; i++) {
            double light = Math.pow(i / 255.0, 2.2) * gain;
            levels[i] = (byte) Math.round(255 * Math.pow(Math.min(1, light), 1 / 2.2));
        }
        byte[] out = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            out[i] = levels[rgb[i] & 0xff];
        }
        return out;
    }

    /** A reflection that drowns everything within {@code radius} pixels. */
    static byte[] glare(byte[] rgb, int width, int centreX, int centreY, double radius) {
        byte[] out = rgb.clone();
        for (int i = 0; i < rgb.length / 3; i++) {
            double off = Math.hypot(i % width - centreX, i / width - centreY);
            double add = radius == 0 ? 0 : 400 * Math.exp(-off * off / (radius * radius));
            for (int channel = 0; channel < 3; channel++) {
                out[i * 3 + channel] = (byte) Math.min(255, (rgb[i * 3 + channel] & 0xff) + add);
            }
        }
        return out;
    }

    /** A soft spot on the lens that takes {@code depth} of the light in its middle. */
    static byte[] spotted(byte[] rgb, int width, int centreX, int centreY, double radius, double depth) {
        byte[] out = rgb.clone();
        int reach = (int) (3 * radius); // beyond it less than a ten-thousandth is taken
        for (int y = Math.max(0, centreY - reach); y < Math.min(rgb.length / 3 / width, centreY + reach); y++) {
            for (int x = Math.max(0, centreX - reach); x < Math.min(width, centreX + reach); x++) {
                double off = Math.hypot(x - centreX, y - centreY);
                double keep = 1 - depth * Math.exp(-off * off / (radius * radius));
                for (int at = (y * width + x) * 3; at < (y * width + x) * 3 + 3; at++) {
                    out[at] = (byte) Math.round((rgb[at] & 0xff) * keep);
                }
            }
        }
        return out;
    }
}

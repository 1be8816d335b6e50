package goshawk.appliance.pose;

import goshawk.appliance.domain.Point;

/**
 * A grey picture in the Java heap, for looking at single places of it.
 *
 * @param levels {@code levels[y * width + x]}, 0 to 255 unsigned
 */
record GreyPicture(byte[] levels, int width, int height) {

    /**
     * The level at a place between pixel centres, bilinear; outside of the picture that of its nearest pixel.
     *
     * @param x in {@link Point}'s terms
     */
    double at(double x, double y) {
        double column = Math.clamp(x - 0.5, 0, width - 1.0);
        double row = Math.clamp(y - 0.5, 0, height - 1.0);
        int left = Math.min((int) column, width - 2);
        int top = Math.min((int) row, height - 2);
        double right = column - left;
        double down = row - top;
        int i = top * width + left;
        double upper = (levels[i] & 0xFF) * (1 - right) + (levels[i + 1] & 0xFF) * right;
        double lower = (levels[i + width] & 0xFF) * (1 - right) + (levels[i + width + 1] & 0xFF) * right;
        return upper * (1 - down) + lower * down;
    }
}

package goshawk.camera.sim;

import java.util.Arrays;

/**
 * A window of the picture while it is being painted: linear light, and for the plate what the damages do to it. A pixel's colour
 * depends on its place in the picture, never on the window. Confined to one thread.
 */
final class Canvas {

    final View view;
    final int left;
    final int top;
    final int right;
    final int bottom;
    final int width;
    final int height;
    final float[] red;
    final float[] green;
    final float[] blue;

    /** Light that reaches the plate, 1 where nothing stands before the lamps. */
    final float[] lit;
    /** Slopes that damages add to the plate, part frame. */
    final float[] slopeX;

    final float[] slopeY;
    /** Reflectance that damages leave of the plate's, 1 where it is sound. */
    final float[] gain;

    Canvas(View view, int left, int top, int right, int bottom) {
        this.view = view;
        this.left = left;
        this.top = top;
        this.right = right;
        this.bottom = bottom;
        width = right - left;
        height = bottom - top;
        int size = width * height;
        red = new float[size];
        green = new float[size];
        blue = new float[size];
        lit = new float[size];
        slopeX = new float[size];
        slopeY = new float[size];
        gain = new float[size];
        Arrays.fill(lit, 1);
        Arrays.fill(gain, 1);
    }

    /** The part of this canvas inside the given window; this canvas itself when that is all of it. */
    Canvas cut(int newLeft, int newTop, int newRight, int newBottom) {
        if (newLeft == left && newTop == top && newRight == right && newBottom == bottom) {
            return this;
        }
        var part = new Canvas(view, newLeft, newTop, newRight, newBottom);
        for (int row = 0; row < part.height; row++) {
            int from = (row + newTop - top) * width + newLeft - left;
            System.arraycopy(red, from, part.red, row * part.width, part.width);
            System.arraycopy(green, from, part.green, row * part.width, part.width);
            System.arraycopy(blue, from, part.blue, row * part.width, part.width);
        }
        return part;
    }

    /** Paints one pixel. */
    interface Brush {

        /**
         * @param i index into the canvas' arrays
         * @param x of the pixel's centre, mm of the part frame
         * @param y likewise
         */
        void paint(int i, double x, double y);
    }

    void everywhere(Brush brush) {
        rows(left, top, right, bottom, brush);
    }

    /** Paints the pixels of a square around a circle, part frame. */
    void around(double x, double y, double radius, Brush brush) {
        double pixelX = view.toPixelX(x, y);
        double pixelY = view.toPixelY(x, y);
        double reach = radius / view.pixelMm + 1.5;
        rows(
                Math.max(left, (int) Math.floor(pixelX - reach)),
                Math.max(top, (int) Math.floor(pixelY - reach)),
                Math.min(right, (int) Math.ceil(pixelX + reach)),
                Math.min(bottom, (int) Math.ceil(pixelY + reach)),
                brush);
    }

    /** Paints the pixels of the upright rectangle around a rectangle of the part frame. */
    void within(double x, double y, double halfWidth, double halfHeight, Brush brush) {
        double pixelX = view.toPixelX(x, y);
        double pixelY = view.toPixelY(x, y);
        double cos = Math.abs(view.cos);
        double sin = Math.abs(view.sin);
        double reachX = (halfWidth * cos + halfHeight * sin) / view.pixelMm + 1.5;
        double reachY = (halfWidth * sin + halfHeight * cos) / view.pixelMm + 1.5;
        rows(
                Math.max(left, (int) Math.floor(pixelX - reachX)),
                Math.max(top, (int) Math.floor(pixelY - reachY)),
                Math.min(right, (int) Math.ceil(pixelX + reachX)),
                Math.min(bottom, (int) Math.ceil(pixelY + reachY)),
                brush);
    }

    private void rows(int fromX, int fromY, int toX, int toY, Brush brush) {
        double stepX = view.cos * view.pixelMm;
        double stepY = -view.sin * view.pixelMm;
        for (int row = fromY; row < toY; row++) {
            // From the picture's first column, not the window's: a window must get the very same numbers.
            double startX = view.toPartX(0.5, row + 0.5);
            double startY = view.toPartY(0.5, row + 0.5);
            int i = (row - top) * width + fromX - left;
            for (int column = fromX; column < toX; column++, i++) {
                brush.paint(i, startX + column * stepX, startY + column * stepY);
            }
        }
    }

    /** Share of a pixel inside a shape whose edge is {@code distance} mm away (negative inside). */
    double coverage(double distance) {
        return Math.clamp(0.5 - distance / view.pixelMm, 0, 1);
    }

    void blend(int i, double r, double g, double b, double alpha) {
        red[i] += (float) ((r - red[i]) * alpha);
        green[i] += (float) ((g - green[i]) * alpha);
        blue[i] += (float) ((b - blue[i]) * alpha);
    }

    void scale(int i, double r, double g, double b) {
        red[i] *= (float) r;
        green[i] *= (float) g;
        blue[i] *= (float) b;
    }

    void add(int i, double light) {
        red[i] += (float) light;
        green[i] += (float) light;
        blue[i] += (float) light;
    }
}

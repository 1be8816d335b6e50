package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Damage;
import goshawk.camera.sim.Scene.Label;

/** What a reader reads on the label of a scene: all of the text, upright and uncovered, or nothing. */
final class LegibleCode {

    /** Pixels of the text's place that something opaque may change before a reader would have to guess. */
    private static final int LOST_PIXELS = 12;

    private LegibleCode() {}

    static String of(Scene scene) {
        Label label = scene.label();
        boolean upright = Math.abs(StrictMath.toDegrees(label.turn())) <= DefectLimits.LABEL_TURN_DEGREES;
        return label.damage() == Damage.NONE && upright && !covered(scene) ? label.text() : "";
    }

    private static boolean covered(Scene scene) {
        if (scene.covers().isEmpty()) {
            return false;
        }
        var view = new View(scene.pose(), scene.optics());
        var label = scene.label();
        double x = Bracket.LABEL_X + label.dx();
        double y = Bracket.LABEL_Y + label.dy();
        double halfWidth = DotFont.width(label.text()) * label.pitch() / 2;
        double halfHeight = DotFont.ROWS * label.pitch() / 2;
        double lean = Math.abs(view.sin) * halfWidth;
        int left = (int) view.toPixelX(x - halfWidth, y);
        int right = (int) view.toPixelX(x + halfWidth, y) + 1;
        int top = (int) (view.toPixelY(x, y) - (halfHeight + lean) / view.pixelMm);
        int bottom = (int) (view.toPixelY(x, y) + (halfHeight + lean) / view.pixelMm) + 1;
        Canvas open = BracketRenderer.painted(scene.withoutCovers(), left, top, right, bottom);
        Canvas shut = BracketRenderer.painted(scene, left, top, right, bottom);
        return Difference.between(open, shut).seenPixels() > LOST_PIXELS;
    }
}

package goshawk.appliance.inspect;

import goshawk.appliance.domain.Pose;
import goshawk.camera.Region;

/**
 * Where a region lies on one part: from what the model says to pixels of the original picture.
 *
 * @param view whose picture shows it
 * @param region in the nominal picture
 * @param widthPx of the original picture
 * @param heightPx of the original picture
 */
record Spot(String view, Region region, Pose pose, int widthPx, int heightPx) {

    Region whole() {
        return pose.toActual(region, widthPx, heightPx);
    }

    /** The upright rectangle around a box of the model's picture, cut to the original picture. */
    Region of(VerdictGrammar.Rejection box) {
        int left = region.left() + box.x0() * region.width() / VerdictGrammar.LARGEST;
        int top = region.top() + box.y0() * region.height() / VerdictGrammar.LARGEST;
        int right = region.left() + Math.ceilDiv(box.x1() * region.width(), VerdictGrammar.LARGEST);
        int bottom = region.top() + Math.ceilDiv(box.y1() * region.height(), VerdictGrammar.LARGEST);
        return pose.toActual(new Region(left, top, right, bottom), widthPx, heightPx);
    }
}

package goshawk.appliance.evaluate;

import goshawk.camera.Views;
import java.util.Optional;

/** One part of a golden set. */
interface GoldenPart {

    /** @param views the caller's to close */
    record Shown(KnownPart known, Views views) {}

    /**
     * The part's pictures, one for each view.
     *
     * @param presentation 0 for the picture that counts; each other number lays the same part before the camera once more
     */
    Shown show(int presentation);

    /** The same pictures with words written on the part; empty when that cannot be had. */
    Optional<Shown> written();
}

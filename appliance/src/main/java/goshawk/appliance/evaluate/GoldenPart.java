package goshawk.appliance.evaluate;

import goshawk.camera.Frame;
import java.util.Optional;

/** One part of a golden set. */
interface GoldenPart {

    /** @param frame the caller's to close */
    record Shown(KnownPart known, Frame frame) {}

    /**
     * A picture of the part.
     *
     * @param presentation 0 for the picture that counts; each other number lays the same part before the camera once more
     */
    Shown show(int presentation);

    /** The same picture with words written on the part; empty when that cannot be had. */
    Optional<Shown> written();
}

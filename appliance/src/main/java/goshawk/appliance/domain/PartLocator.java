package goshawk.appliance.domain;

import goshawk.camera.Frame;
import goshawk.camera.Views;

/** Finds how the part lies in its pictures. Belongs to the line's thread, which opened it and closes it. */
public interface PartLocator extends AutoCloseable {

    /**
     * How it lies in each view.
     *
     * @throws InspectionException {@link goshawk.camera.Cause#POSE} when the reference features cannot be found or the
     *     part lies outside the recipe's tolerance
     */
    Poses locate(Views views);

    /** The same in the picture of the only view. */
    default Pose locate(Frame frame) {
        return locate(Views.of(frame)).in(Views.ONLY);
    }

    @Override
    default void close() {}
}

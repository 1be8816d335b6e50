package goshawk.appliance.domain;

import goshawk.camera.Frame;

/** Finds how the part lies in a picture. Belongs to the line's thread, which opened it and closes it. */
public interface PartLocator extends AutoCloseable {

    /**
     * @throws InspectionException {@link goshawk.camera.Cause#POSE} when the reference features cannot be found or the
     *     part lies outside the recipe's tolerance
     */
    Pose locate(Frame frame);

    @Override
    default void close() {}
}

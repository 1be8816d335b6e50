package goshawk.appliance.domain;

import goshawk.camera.Frame;

/** Looks at one picture for a recipe. Belongs to the line's thread, which opened it and closes it. */
public interface Inspector extends AutoCloseable {

    /**
     * @param deadline looked at between the steps: past it there is no use in going on
     * @throws InspectionException when the part could not be looked at: pose, engine, lateness
     */
    Inspection.Completed inspect(Frame frame, Deadline deadline);

    @Override
    void close();
}

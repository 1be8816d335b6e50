package goshawk.appliance.domain;

import goshawk.camera.Frame;
import goshawk.camera.Views;

/** Looks at one part's pictures for a recipe. Belongs to the line's thread, which opened it and closes it. */
public interface Inspector extends AutoCloseable {

    /**
     * @param views every view of the recipe, and no other; they stay the caller's
     * @param deadline looked at between the steps: past it there is no use in going on
     * @throws InspectionException when the part could not be looked at: pose, engine, lateness
     */
    Inspection.Completed inspect(Views views, Deadline deadline);

    /** The same, where there is but one view. */
    default Inspection.Completed inspect(Frame frame, Deadline deadline) {
        return inspect(Views.of(frame), deadline);
    }

    @Override
    void close();
}

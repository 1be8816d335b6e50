package goshawk.camera;

import java.time.Duration;

/** What says that a part is in view. */
public sealed interface TriggerSource
        permits TriggerSource.Paced,
                TriggerSource.CameraLine,
                TriggerSource.Leading,
                PartDetection,
                SharedTriggers,
                Signals {

    /**
     * Nobody: a trigger whenever the line is free.
     *
     * @param period from trigger to trigger, at least; zero for no other limit than the line
     */
    record Paced(Duration period) implements TriggerSource {}

    /**
     * The part's sensor is wired to the camera, and nothing else knows of it: each picture is a trigger. A gap in the camera's
     * count is a part whose picture was lost.
     */
    record CameraLine() implements TriggerSource {}

    /**
     * For the first of several cameras: whatever triggers it triggers the others, too.
     *
     * @param others their source; they listen before this camera starts
     */
    record Leading(TriggerSource own, SharedTriggers others) implements TriggerSource {}
}

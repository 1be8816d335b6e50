package goshawk.camera;

/** What came of a trigger: a picture or a miss. */
public sealed interface Capture {

    Trigger trigger();

    /** True when no real part stood in front of a real camera. */
    boolean isSimulated();

    /**
     * A picture.
     *
     * @param frame handed over: the receiver closes it
     */
    record Image(Trigger trigger, Frame frame, boolean isSimulated) implements Capture {}

    /** No picture; the part still gets its record. */
    record Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated) implements Capture {}
}

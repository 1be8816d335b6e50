package goshawk.camera;

import java.util.Optional;

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

    /**
     * No picture that could be judged; the part still gets its record.
     *
     * @param partial what was seen of the part, black where nothing was: evidence, never to be judged. Handed over: the receiver
     *     closes it
     */
    record Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated, Optional<Frame> partial)
            implements Capture {

        /** Nothing was seen of the part. */
        public Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated) {
            this(trigger, cause, detail, isSimulated, Optional.empty());
        }
    }

    /** Gives its frame back, if there is one: nobody looks at it. */
    default void discard() {
        switch (this) {
            case Image image -> image.frame().close();
            case Missed missed -> missed.partial().ifPresent(Frame::close);
        }
    }
}

package goshawk.camera;

/** What came of a trigger: the part's pictures or a miss. */
public sealed interface Capture {

    Trigger trigger();

    /** True when no real part stood in front of a real camera. */
    boolean isSimulated();

    /** The pictures that there are, handed over: the receiver closes them. */
    Views views();

    /** Every view's picture. */
    record Image(Trigger trigger, Views views, boolean isSimulated) implements Capture {

        /** The picture of a station, or a camera, with one view. */
        public Image(Trigger trigger, Frame frame, boolean isSimulated) {
            this(trigger, Views.of(frame), isSimulated);
        }

        /** The picture of the only view. */
        public Frame frame() {
            return views.only();
        }
    }

    /**
     * No picture that could be judged, or not every view's; the part still gets its record.
     *
     * @param views of those views that did come, or what was seen of the part, black where nothing was: kept, and never judged
     */
    record Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated, Views views) implements Capture {

        /** Without any picture. */
        public Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated) {
            this(trigger, cause, detail, isSimulated, Views.NONE);
        }
    }

    /** Gives its frames back, if there are any: nobody looks at them. */
    default void discard() {
        views().close();
    }
}

package goshawk.camera;

/** What came of a trigger: the part's pictures or a miss. */
public sealed interface Capture {

    Trigger trigger();

    /** True when no real part stood in front of a real camera. */
    boolean isSimulated();

    /** The pictures that there are, handed over: the receiver closes them. */
    Views views();

    /** Every view's picture, whole: a partial one is refused here, so that none is ever judged. */
    record Image(Trigger trigger, Views views, boolean isSimulated) implements Capture {

        public Image {
            views.byName()
                    .forEach((view, frame) -> frame.damage().ifPresent(why -> {
                        throw new IllegalArgumentException(Views.about(view, "a partial picture is no image: " + why));
                    }));
        }

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
     * @param views of those views that did come, whole or partial: kept, and never judged
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

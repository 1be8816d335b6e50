package goshawk.camera;

import java.util.List;

/** What came of a trigger: the part's pictures or a miss. */
public sealed interface Capture {

    Trigger trigger();

    /** True when no real part stood in front of a real camera. */
    boolean isSimulated();

    /** The pictures that there are, handed over: the receiver closes them. */
    Views views();

    /** Views with names that have no whole picture, in their order; none where all have one, or are missing alike. */
    List<ViewFault> faults();

    /** Every view's picture, whole: a partial one is refused here, so that none is ever judged. */
    record Image(Trigger trigger, Views views, boolean isSimulated) implements Capture {

        public Image {
            views.requireWhole();
        }

        /** The picture of a station, or a camera, with one view. */
        public Image(Trigger trigger, Frame frame, boolean isSimulated) {
            this(trigger, Views.of(frame), isSimulated);
        }

        @Override
        public List<ViewFault> faults() {
            return List.of();
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
    record Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated, Views views, List<ViewFault> faults)
            implements Capture {

        public Missed {
            faults = List.copyOf(faults);
        }

        /** Without any picture. */
        public Missed(Trigger trigger, Cause cause, String detail, boolean isSimulated) {
            this(trigger, cause, detail, isSimulated, Views.NONE, List.of());
        }

        /** With a partial picture of the only view, which says what is wrong with it. */
        public static Missed partial(Trigger trigger, Cause cause, Frame frame, boolean isSimulated) {
            return new Missed(trigger, cause, frame.damage().orElseThrow(), isSimulated, Views.of(frame), List.of());
        }
    }

    /** Gives its frames back, if there are any: nobody looks at them. */
    default void discard() {
        views().close();
    }
}

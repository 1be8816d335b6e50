package goshawk.camera;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * The views of one part as they come in, told one after the other in their order. When all are whole, they are an image; anything less is a
 * miss with what there is. Owns the frames until {@link #capture}. Of one thread at a time.
 */
public final class PartViews {

    private final SequencedMap<String, Frame> frames = new LinkedHashMap<>();
    private final List<ViewFault> faults = new ArrayList<>();
    private Optional<Cause> cause = Optional.empty();
    private int told;

    /** The view's picture; the frame is owned here now. */
    public void whole(String view, Frame frame) {
        told++;
        frames.put(view, frame);
    }

    /** The view's picture, whole or partial. */
    void taken(String view, Frame frame) {
        frame.damage()
                .ifPresentOrElse(
                        why -> {
                            missing(view, Cause.PARTIAL, why);
                            frames.put(view, frame);
                        },
                        () -> whole(view, frame));
    }

    /** There is none. */
    public void missing(String view, Cause why, String detail) {
        faults.add(new ViewFault(view, told++, detail));
        cause = cause.or(() -> Optional.of(why));
    }

    /** What a camera of its own answered. */
    void answered(String view, Capture answer) {
        switch (answer) {
            case Capture.Image image -> whole(view, image.frame());
            case Capture.Missed missed -> {
                missing(view, missed.cause(), missed.detail());
                missed.views().byName().values().forEach(partial -> frames.put(view, partial));
            }
        }
    }

    /** What came of the trigger: of several causes the first. The frames are the receiver's. */
    public Capture capture(Trigger trigger, boolean isSimulated) {
        Views views = Views.of(frames);
        if (cause.isEmpty()) {
            return new Capture.Image(trigger, views, isSimulated);
        }
        List<ViewFault> named =
                faults.getFirst().view().equals(Views.ONLY) ? List.of() : faults; // the detail says all of an only view
        return new Capture.Missed(trigger, cause.get(), detail(), isSimulated, views, named);
    }

    /** Views that are missing for one reason are named together. */
    private String detail() {
        SequencedMap<String, List<String>> byReason = new LinkedHashMap<>();
        faults.forEach(
                it -> byReason.computeIfAbsent(it.why(), _ -> new ArrayList<>()).add(it.view()));
        return byReason.entrySet().stream()
                .map(it -> Views.about(it.getValue(), it.getKey()))
                .collect(Collectors.joining("; "));
    }
}

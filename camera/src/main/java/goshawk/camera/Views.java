package goshawk.camera;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The pictures of one part by the name of their view: what one camera sees under one light. Where a station has but one view, its name is
 * {@link #ONLY}.
 *
 * <p>Owned by one thread at a time, as its frames are; closing it closes them.
 */
public final class Views implements AutoCloseable {

    /** The name of a view that nobody named, because there is no other. */
    public static final String ONLY = "";

    /** No picture at all. */
    public static final Views NONE = new Views(new LinkedHashMap<>());

    private final SequencedMap<String, Frame> frames;

    private Views(SequencedMap<String, Frame> frames) {
        this.frames = frames;
    }

    /** The picture of a station with one view; the frame's owner from here on. */
    public static Views of(Frame frame) {
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        frames.put(ONLY, frame);
        return new Views(frames);
    }

    /** Pictures by view, in the order of the views; the owner of the frames from here on. */
    public static Views of(SequencedMap<String, Frame> frames) {
        return new Views(new LinkedHashMap<>(frames));
    }

    /** In the order of the views. */
    public List<String> names() {
        return List.copyOf(frames.keySet());
    }

    public boolean isEmpty() {
        return frames.isEmpty();
    }

    /** The frames by view, in their order; they stay owned here. */
    public SequencedMap<String, Frame> byName() {
        return Collections.unmodifiableSequencedMap(frames);
    }

    /** @throws IllegalArgumentException when there is no picture of this view */
    public Frame frame(String view) {
        Frame frame = frames.get(view);
        if (frame == null) {
            throw new IllegalArgumentException(
                    "there is no picture of view '%s'; there are %s".formatted(view, frames.keySet()));
        }
        return frame;
    }

    /** @throws IllegalStateException when there are several, or none */
    public Frame only() {
        if (frames.size() != 1) {
            throw new IllegalStateException("one picture was expected, there are those of " + frames.keySet());
        }
        return frames.firstEntry().getValue();
    }

    /** Closes all, whatever happens to one of them. */
    @Override
    public void close() {
        List<RuntimeException> failures = new ArrayList<>();
        for (Frame frame : frames.values()) {
            try {
                frame.close();
            } catch (RuntimeException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            failures.stream().skip(1).forEach(failures.getFirst()::addSuppressed);
            throw failures.getFirst();
        }
    }

    /** What a message about one view begins with: its name, where there are several. */
    public static String about(String view, String message) {
        return view.equals(ONLY) ? message : "view %s: %s".formatted(view, message);
    }

    /** The same of several. */
    static String about(List<String> views, String message) {
        return views.size() == 1
                ? about(views.getFirst(), message)
                : "views %s: %s".formatted(String.join(", ", views), message);
    }

    @Override
    public String toString() {
        return frames.keySet().toString();
    }
}

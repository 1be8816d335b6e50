package goshawk.camera;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The pictures of one part by the name of their view: what one camera sees of it under one light. Where a station has but one view, its name is
 * {@link #ONLY}.
 *
 * <p>Owned by one thread at a time, as its frames are; closing it closes them, and from then on they refuse to be read, here and with whoever kept one.
 */
public final class Views implements AutoCloseable {

    /** The name of a view that nobody named, because there is no other. */
    public static final String ONLY = "";

    /** No picture at all. */
    public static final Views NONE = new Views(List.of());

    private static final List<String> ONE = List.of(ONLY);

    private final List<String> names;
    private final Frame[] frames;

    private Views(List<String> names, Frame... frames) {
        this.names = names;
        this.frames = frames;
        for (Frame frame : frames) {
            frame.handOver();
        }
    }

    /** The picture of a station with one view; the frame's owner from here on. */
    public static Views of(Frame frame) {
        return new Views(ONE, frame);
    }

    /** Pictures by view, in the order of the views; the owner of the frames from here on. */
    public static Views of(SequencedMap<String, Frame> frames) {
        return new Views(List.copyOf(frames.keySet()), frames.values().toArray(new Frame[0]));
    }

    /** In the order of the views. */
    public List<String> names() {
        return names;
    }

    public boolean isEmpty() {
        return frames.length == 0;
    }

    /** The frames by view, in their order; they stay owned here. */
    public SequencedMap<String, Frame> byName() {
        SequencedMap<String, Frame> byName = new LinkedHashMap<>();
        for (int i = 0; i < frames.length; i++) {
            byName.put(names.get(i), frames[i]);
        }
        return Collections.unmodifiableSequencedMap(byName);
    }

    /** @throws IllegalArgumentException when there is no picture of this view */
    public Frame frame(String view) {
        int place = names.indexOf(view);
        if (place < 0) {
            throw new IllegalArgumentException("there is no picture of view '%s'; there are %s".formatted(view, names));
        }
        return frames[place];
    }

    /** @throws IllegalStateException when there are several, or none */
    public Frame only() {
        if (frames.length != 1) {
            throw new IllegalStateException("one picture was expected, there are those of " + names);
        }
        return frames[0];
    }

    /** @throws IllegalArgumentException when one is a partial picture */
    void requireWhole() {
        for (int i = 0; i < frames.length; i++) {
            Optional<String> damage = frames[i].damage();
            if (damage.isPresent()) {
                throw new IllegalArgumentException(
                        about(names.get(i), "a partial picture is no image: " + damage.get()));
            }
        }
    }

    /** Closes all, whatever happens to one of them; again does nothing. */
    @Override
    public void close() {
        @Nullable RuntimeException failure = null;
        for (Frame frame : frames) {
            try {
                frame.close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
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
        return names.toString();
    }
}

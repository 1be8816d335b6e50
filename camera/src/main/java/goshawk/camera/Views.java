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
 * <p>Owned by one thread at a time, as its frames are; closing it closes them. Frames are used again for other parts' pictures: when one of these
 * was, it is refused here, and closing leaves it alone.
 */
public final class Views implements AutoCloseable {

    /** The name of a view that nobody named, because there is no other. */
    public static final String ONLY = "";

    /** No picture at all. */
    public static final Views NONE = new Views(List.of());

    private static final List<String> ONE = List.of(ONLY);

    private final List<String> names;
    private final Frame[] frames;
    private final long[] leases;

    private Views(List<String> names, Frame... frames) {
        this.names = names;
        this.frames = frames;
        this.leases = new long[frames.length];
        for (int i = 0; i < frames.length; i++) {
            leases[i] = frames[i].lease();
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

    /**
     * The frames by view, in their order; they stay owned here.
     *
     * @throws IllegalStateException when one is another part's by now
     */
    public SequencedMap<String, Frame> byName() {
        SequencedMap<String, Frame> byName = new LinkedHashMap<>();
        for (int i = 0; i < frames.length; i++) {
            byName.put(names.get(i), frame(i));
        }
        return Collections.unmodifiableSequencedMap(byName);
    }

    /**
     * The picture of one view.
     *
     * @throws IllegalArgumentException when there is none
     * @throws IllegalStateException when its frame is another part's by now
     */
    public Frame frame(String view) {
        int place = names.indexOf(view);
        if (place < 0) {
            throw new IllegalArgumentException("there is no picture of view '%s'; there are %s".formatted(view, names));
        }
        return frame(place);
    }

    /** @throws IllegalStateException when there are several, or none, or it is another part's by now */
    public Frame only() {
        if (frames.length != 1) {
            throw new IllegalStateException("one picture was expected, there are those of " + names);
        }
        return frame(0);
    }

    private Frame frame(int place) {
        if (isGone(place)) {
            throw Frame.closed();
        }
        return frames[place];
    }

    /** Closed, and perhaps taken for another picture since. */
    private boolean isGone(int place) {
        return frames[place].lease() != leases[place];
    }

    /** @throws IllegalArgumentException when one is a partial picture */
    void requireWhole() {
        for (int i = 0; i < frames.length; i++) {
            Optional<String> damage = frame(i).damage();
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
        for (int i = 0; i < frames.length; i++) {
            try {
                if (!isGone(i)) {
                    frames[i].close();
                }
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

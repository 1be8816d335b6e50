package goshawk.camera;

import java.util.Optional;

/**
 * One picture of one part in memory we own: 8-bit RGB, interleaved, rows without padding, top row first.
 *
 * <p>Owned by one thread at a time; whoever holds it closes it, once, and its memory goes back to the pool, for another picture. A frame that was in
 * {@link Views} is that one picture's for ever: closed, it refuses to be read, and closing it again does nothing, whatever its memory holds by then. One
 * that no views ever had, because nobody waited for its picture, is itself used again: sources, which alone have such frames, let go of them when they
 * close them.
 */
public final class Frame implements AutoCloseable {

    private final FrameSlot slot;

    Frame(FrameSlot slot) {
        this.slot = slot;
    }

    /** A frame of its own, for pictures that come one by one and belong to no camera. */
    public static Frame of(int width, int height, byte[] rgb) {
        Frame frame =
                new FramePool(1, width * height * 3).tryTake(width, height).orElseThrow();
        System.arraycopy(rgb, 0, frame.rgb(), 0, width * height * 3);
        return frame;
    }

    /**
     * Width in pixels.
     *
     * @throws IllegalStateException after {@link #close()}, as all that ask for something of the picture
     */
    public int width() {
        return lent().width();
    }

    /** Height in pixels. */
    public int height() {
        return lent().height();
    }

    /** The picture's bytes, {@code rgb[(y * width + x) * 3 + channel]}; the array may be longer than the picture. */
    public byte[] rgb() {
        return lent().rgb();
    }

    /** When it was taken; empty of pictures that come from no camera. */
    public Optional<FrameStamp> stamp() {
        return lent().stamp();
    }

    void stamp(Stamp taken) {
        lent().stamp(taken);
    }

    /** Why this is a partial picture: evidence that is never judged, black where nothing was seen. Empty of a whole one. */
    public Optional<String> damage() {
        return lent().damage();
    }

    /** Whoever fills it knows that the picture is partial. */
    public Frame damaged(String why) {
        lent().damaged(why);
        return this;
    }

    /** @param action run by whoever closes the frame; returns at once */
    void whenClosed(Runnable action) {
        lent().whenClosed(action);
    }

    /** Views have it from here on, and whoever they show it to: it is never another picture's. */
    void handOver() {
        lent().handOver();
    }

    private FrameSlot lent() {
        if (!slot.isLentTo(this)) {
            throw new IllegalStateException("frame used after close");
        }
        return slot;
    }

    @Override
    public void close() {
        slot.giveBack(this);
    }
}

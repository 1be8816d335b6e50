package goshawk.camera;

import java.util.Optional;

/**
 * One picture of one part in memory we own: 8-bit RGB, interleaved, rows without padding, top row first.
 *
 * <p>Owned by one thread at a time; whoever holds it closes it, once, and its buffer goes back to the pool.
 */
public final class Frame implements AutoCloseable {

    private final FramePool pool;
    private final int width;
    private final int height;
    private byte[] rgb;
    private Optional<FrameStamp> stamp = Optional.empty();
    private Optional<String> damage = Optional.empty();
    private Optional<Runnable> whenClosed = Optional.empty();

    Frame(FramePool pool, byte[] rgb, int width, int height) {
        this.pool = pool;
        this.rgb = rgb;
        this.width = width;
        this.height = height;
    }

    /** A frame of its own, for pictures that come one by one and belong to no camera. */
    public static Frame of(int width, int height, byte[] rgb) {
        Frame frame =
                new FramePool(1, width * height * 3).tryTake(width, height).orElseThrow();
        System.arraycopy(rgb, 0, frame.rgb(), 0, width * height * 3);
        return frame;
    }

    /** Width in pixels. */
    public int width() {
        return width;
    }

    /** Height in pixels. */
    public int height() {
        return height;
    }

    /**
     * The picture's bytes, {@code rgb[(y * width + x) * 3 + channel]}; the array may be longer than the picture.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public byte[] rgb() {
        if (rgb.length == 0) {
            throw new IllegalStateException("frame used after close");
        }
        return rgb;
    }

    /** When it was taken; empty of pictures that come from no camera. */
    public Optional<FrameStamp> stamp() {
        return stamp;
    }

    Frame stamped(FrameStamp taken) {
        stamp = Optional.of(taken);
        return this;
    }

    /** Why this is a partial picture: evidence that is never judged, black where nothing was seen. Empty of a whole one. */
    public Optional<String> damage() {
        return damage;
    }

    /** Whoever fills it knows that the picture is partial. */
    public Frame damaged(String why) {
        damage = Optional.of(why);
        return this;
    }

    /** @param action run by whoever closes the frame; returns at once */
    void whenClosed(Runnable action) {
        whenClosed = Optional.of(action);
    }

    @Override
    public void close() {
        if (rgb.length > 0) {
            pool.giveBack(rgb);
            rgb = new byte[0];
            whenClosed.ifPresent(Runnable::run);
        }
    }
}

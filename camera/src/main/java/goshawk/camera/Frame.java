package goshawk.camera;

import java.util.Optional;

/**
 * One picture of one part in memory we own: 8-bit RGB, interleaved, rows without padding, top row first.
 *
 * <p>Owned by one thread at a time; whoever holds it closes it, once, and it goes back to its pool with its buffer, for another picture. Closed, it
 * refuses to be read. {@link Views} hold a frame for longer and know by its {@link #lease} when it has become another picture's.
 */
public final class Frame implements AutoCloseable {

    private final FramePool pool;
    private final byte[] rgb;
    private final Optional<Frame> self = Optional.of(this); // made once: each taking answers with it
    private final Stamp stamp = new Stamp();
    private boolean isStamped;
    private int width;
    private int height;
    private Optional<String> damage = Optional.empty();
    private Optional<Runnable> whenClosed = Optional.empty();
    private long lease; // odd while it is out

    Frame(FramePool pool, byte[] rgb) {
        this.pool = pool;
        this.rgb = rgb;
    }

    /** For another picture; to be asked for by the pool alone. */
    Optional<Frame> taken(int itsWidth, int itsHeight) {
        width = itsWidth;
        height = itsHeight;
        isStamped = false;
        damage = Optional.empty();
        whenClosed = Optional.empty();
        lease++;
        return self;
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
        if (!isOut()) {
            throw closed();
        }
        return rgb;
    }

    static IllegalStateException closed() {
        return new IllegalStateException("frame used after close");
    }

    /** When it was taken; empty of pictures that come from no camera. */
    public Optional<FrameStamp> stamp() {
        return isStamped ? Optional.of(stamp.kept()) : Optional.empty();
    }

    void stamp(Stamp taken) {
        stamp.set(taken);
        isStamped = true;
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

    /** Another number with each picture: what the frame held under another one than now is gone. */
    long lease() {
        return lease;
    }

    private boolean isOut() {
        return (lease & 1) == 1;
    }

    @Override
    public void close() {
        if (isOut()) {
            Optional<Runnable> action = whenClosed;
            lease++;
            pool.giveBack(this);
            action.ifPresent(Runnable::run);
        }
    }
}

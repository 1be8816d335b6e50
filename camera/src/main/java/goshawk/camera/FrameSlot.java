package goshawk.camera;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory for one picture after the other, and what is known of the one that is in it. Whoever has its {@link Frame} uses it; who that is, is settled under
 * the pool's lock.
 */
final class FrameSlot {

    private final FramePool pool;
    private final byte[] rgb;
    private final Stamp stamp = new Stamp();
    private boolean isStamped;
    private int width;
    private int height;
    private Optional<String> damage = Optional.empty();
    private Optional<Runnable> whenClosed = Optional.empty();
    private Optional<Frame> frame =
            Optional.of(new Frame(this)); // the last one's; the next one's too, if no views had it
    private boolean isHandedOver;
    private volatile @Nullable Frame lent;

    FrameSlot(FramePool pool, byte[] rgb) {
        this.pool = pool;
        this.rgb = rgb;
    }

    /** For the next picture; to be asked for by the pool alone. */
    Optional<Frame> lend(int itsWidth, int itsHeight) {
        if (isHandedOver) {
            frame = Optional.of(new Frame(this));
            isHandedOver = false;
        }
        width = itsWidth;
        height = itsHeight;
        isStamped = false;
        damage = Optional.empty();
        whenClosed = Optional.empty();
        lent = frame.get();
        return frame;
    }

    boolean isLentTo(Frame asking) {
        return lent == asking;
    }

    /** Back to the pool, if it is that frame's. */
    void giveBack(Frame closed) {
        Optional<Runnable> action = whenClosed;
        if (pool.giveBack(this, closed)) {
            action.ifPresent(Runnable::run);
        }
    }

    /** To be told by the pool alone. */
    void free() {
        lent = null;
    }

    void handOver() {
        isHandedOver = true;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    byte[] rgb() {
        return rgb;
    }

    Optional<FrameStamp> stamp() {
        return isStamped ? Optional.of(stamp.kept()) : Optional.empty();
    }

    void stamp(Stamp taken) {
        stamp.set(taken);
        isStamped = true;
    }

    Optional<String> damage() {
        return damage;
    }

    void damaged(String why) {
        damage = Optional.of(why);
    }

    void whenClosed(Runnable action) {
        whenClosed = Optional.of(action);
    }
}

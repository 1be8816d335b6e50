package goshawk.camera;

import java.util.Optional;

/**
 * Memory for a fixed number of frames, made once and used again and again. The worst case is known when the appliance starts:
 * {@code slots × bytesPerSlot}; an empty pool is an answer rather than a wait. Safe for any thread.
 */
public final class FramePool implements AutoCloseable {

    private final FrameSlot[] free;
    private final int bytesPerSlot;
    private int left;

    /**
     * @param slots frames that can be out at once, at least 1
     * @param bytesPerSlot bytes of the largest picture, 3 a pixel
     */
    public FramePool(int slots, int bytesPerSlot) {
        this.bytesPerSlot = bytesPerSlot;
        this.free = new FrameSlot[slots];
        for (left = 0; left < slots; left++) {
            free[left] = new FrameSlot(this, new byte[bytesPerSlot]);
        }
    }

    /**
     * A frame of this size, or empty when all are out. Never waits: a line does not wait, it records an overrun.
     *
     * @throws CameraException when the picture is larger than a slot
     */
    public Optional<Frame> tryTake(int width, int height) {
        if ((long) width * height * 3 > bytesPerSlot) {
            throw new CameraException("a picture of %d×%d needs %d bytes, a frame of this pool holds %d"
                    .formatted(width, height, (long) width * height * 3, bytesPerSlot));
        }
        synchronized (this) {
            return left == 0 ? Optional.empty() : free[--left].lend(width, height);
        }
    }

    /** True when every frame is out. */
    synchronized boolean isEmpty() {
        return left == 0;
    }

    /** False when the slot is not, or no longer, lent to this frame: then it stays as it is, for it may hold the next picture. */
    synchronized boolean giveBack(FrameSlot slot, Frame frame) {
        if (!slot.isLentTo(frame)) {
            return false;
        }
        slot.free();
        free[left++] = slot;
        return true;
    }

    /** @throws IllegalStateException when a frame is still out: a leak is a bug and must be loud */
    @Override
    public synchronized void close() {
        if (left < free.length) {
            throw new IllegalStateException((free.length - left) + " of " + free.length + " frames never closed");
        }
    }
}

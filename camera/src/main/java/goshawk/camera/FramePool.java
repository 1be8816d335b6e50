package goshawk.camera;

import java.util.Optional;

/**
 * A fixed number of frames with their buffers, all of them made once and used again and again. The worst case is known when the appliance
 * starts: {@code slots × bytesPerSlot}; an empty pool is an answer rather than a wait. Safe for any thread.
 */
public final class FramePool implements AutoCloseable {

    private final Frame[] free;
    private final int bytesPerSlot;
    private int left;

    /**
     * @param slots frames that can be out at once, at least 1
     * @param bytesPerSlot bytes of the largest picture, 3 a pixel
     */
    public FramePool(int slots, int bytesPerSlot) {
        this.bytesPerSlot = bytesPerSlot;
        this.free = new Frame[slots];
        for (left = 0; left < slots; left++) {
            free[left] = new Frame(this, new byte[bytesPerSlot]);
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
        Frame frame;
        synchronized (this) {
            if (left == 0) {
                return Optional.empty();
            }
            frame = free[--left];
        }
        return frame.taken(width, height);
    }

    /** True when every frame is out. */
    synchronized boolean isEmpty() {
        return left == 0;
    }

    synchronized void giveBack(Frame frame) {
        free[left++] = frame;
    }

    /** @throws IllegalStateException when a frame is still out: a leak is a bug and must be loud */
    @Override
    public synchronized void close() {
        if (left < free.length) {
            throw new IllegalStateException((free.length - left) + " of " + free.length + " frames never closed");
        }
    }
}

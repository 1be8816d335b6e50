package goshawk.camera;

import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A fixed number of picture buffers, allocated once. The worst case is known when the appliance starts: {@code slots ×
 * bytesPerSlot}; an empty pool is an answer rather than a wait. Safe for any thread.
 */
public final class FramePool implements AutoCloseable {

    private final BlockingQueue<byte[]> free;
    private final int slots;
    private final int bytesPerSlot;

    /**
     * @param slots frames that can be out at once, at least 1
     * @param bytesPerSlot bytes of the largest picture, 3 a pixel
     */
    public FramePool(int slots, int bytesPerSlot) {
        this.slots = slots;
        this.bytesPerSlot = bytesPerSlot;
        this.free = new ArrayBlockingQueue<>(slots);
        for (int i = 0; i < slots; i++) {
            free.add(new byte[bytesPerSlot]);
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
        return Optional.ofNullable(free.poll()).map(slot -> new Frame(this, slot, width, height));
    }

    /** True when every frame is out. */
    boolean isEmpty() {
        return free.isEmpty();
    }

    void giveBack(byte[] slot) {
        free.add(slot);
    }

    /** @throws IllegalStateException when a frame is still out: a leak is a bug and must be loud */
    @Override
    public void close() {
        int out = slots - free.size();
        if (out != 0) {
            throw new IllegalStateException(out + " of " + slots + " frames never closed");
        }
    }
}

package goshawk.camera;

import java.util.ArrayList;
import java.util.List;

/**
 * The pools of a station's cameras: how many parts can be out at once is said once, for all of them. Used by the thread that opens the
 * cameras, and closed after them.
 */
public final class FramePools implements AutoCloseable {

    private final int parts;
    private final List<FramePool> pools = new ArrayList<>();

    /** @param parts whose pictures can be out at once, at least 1 */
    public FramePools(int parts) {
        this.parts = parts;
    }

    /** A pool for one view: a frame of {@code width × height} pixels for each part. */
    public FramePool open(int width, int height) {
        return open(width, height, 1);
    }

    /** A pool for a camera that takes {@code pictures} of each part. */
    public FramePool open(int width, int height, int pictures) {
        var pool = new FramePool(parts * pictures, width * height * 3);
        pools.add(pool);
        return pool;
    }

    /** @throws IllegalStateException when a frame of any pool is still out */
    @Override
    public void close() {
        pools.forEach(FramePool::close);
    }
}

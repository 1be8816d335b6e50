package goshawk.camera.linescan;

import goshawk.camera.CameraException;
import java.time.Duration;

/**
 * Something that gives line after line of what passes under it. Used by one thread and closed by it.
 *
 * <p>The seam between cameras and pictures: lines come in the order in which they were taken, forwards or backwards as the belt
 * moved, and none twice.
 */
public interface LineCamera extends AutoCloseable {

    /** Takes a camera's lines. */
    @FunctionalInterface
    interface Lines {

        /**
         * One line, read before this returns: the memory stays the camera's.
         *
         * @param rgb holds the line's pixels from {@code offset} on, 3 bytes each, red first
         * @param encoder the belt encoder's count when the line was taken, rising as the belt moves forward; wraps around after 32
         *     bits. Without an encoder anything
         * @param atNanos {@link #nanoTime()} when the line was taken
         * @param isPartPresent the light barrier's signal then; false where there is none
         */
        void line(byte[] rgb, int offset, int encoder, long atNanos, boolean isPartPresent);
    }

    /** Pixels of a line. */
    int widthPx();

    /** True when no real part passes a real camera. */
    default boolean isSimulated() {
        return false;
    }

    /** Now, by the clock that the lines' times are of. */
    default long nanoTime() {
        return System.nanoTime();
    }

    /**
     * Waits until there are lines, and hands out those that are there, on the calling thread.
     *
     * @param wait at most so long; then this returns without having handed out any
     * @return false when there will be no more
     * @throws CameraException when the camera is lost
     */
    boolean read(Lines lines, Duration wait) throws InterruptedException;

    @Override
    void close();

    /** Opens a camera; throws {@link CameraException} when that fails. */
    @FunctionalInterface
    interface Opener {
        LineCamera open();
    }
}

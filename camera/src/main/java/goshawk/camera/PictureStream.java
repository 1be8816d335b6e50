package goshawk.camera;

import java.util.Optional;

/**
 * One connection to something that gives picture after picture. Used by one thread and closed by it. An interrupt of that
 * thread ends a call that hangs, also the opening, as if the connection were lost, where the native code allows it.
 *
 * <p>The seam between cameras and what to do when they stall: tests put a stream of their own here.
 */
interface PictureStream extends AutoCloseable {

    /**
     * Waits for the next picture and lets go of the one before.
     *
     * @return false when the stream has ended
     * @throws CameraException when the connection is lost
     */
    boolean advance();

    /**
     * Copies the picture out; empty when every frame of the pool is out. Of a picture that came incomplete, what came of it, which the
     * frame's {@link Frame#damage} says.
     *
     * @throws CameraException when it is larger than the pool's frames
     */
    Optional<Frame> copy(FramePool pool);

    /** Tells what the camera says of the picture of the last {@link #advance()}; nothing where cameras of this kind say nothing. */
    default void tell(Stamp stamp) {}

    /** What is known to be wrong while {@link #advance()} waits, for people; empty while nothing is. For any thread. */
    default String trouble() {
        return "";
    }

    @Override
    void close();

    /** Opens a connection; throws {@link CameraException} when that fails. */
    @FunctionalInterface
    interface Opener {
        PictureStream open();
    }
}

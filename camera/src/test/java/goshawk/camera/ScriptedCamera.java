package goshawk.camera;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A camera that the test has in its hand: it shows what it is handed, small grey pictures that it has numbered. */
final class ScriptedCamera implements PictureStream.Opener {

    /** Width and height of its pictures. */
    static final int SIDE = 8;

    private record Shot(long number, long nanos, int grey, Optional<String> damage, boolean isBroken) {}

    private final BlockingQueue<Shot> shots = new LinkedBlockingQueue<>();
    private volatile boolean isWaiting;

    /** @param grey of every sample, 0 to 255; its clock counts milliseconds as it counts pictures */
    void shows(long number, int grey) {
        shows(number, number * 1_000_000, grey);
    }

    /** @param nanos by its clock */
    void shows(long number, long nanos, int grey) {
        show(new Shot(number, nanos, grey, Optional.empty(), false));
    }

    /** A picture that came incomplete. */
    void showsTorn(long number, long nanos, int grey, String why) {
        show(new Shot(number, nanos, grey, Optional.of(why), false));
    }

    /** A picture for which the machine has no memory left. */
    void showsTooLarge(long number, long nanos) {
        show(new Shot(number, nanos, 0, Optional.empty(), true));
    }

    private void show(Shot shot) {
        isWaiting = false;
        shots.add(shot);
    }

    /** Until it is open, has given its pictures and asks for the next. */
    void awaitTaken() throws InterruptedException {
        while (!isWaiting || !shots.isEmpty()) {
            Thread.sleep(1);
        }
    }

    static int grey(Frame frame) {
        return frame.rgb()[0] & 0xFF;
    }

    @Override
    public PictureStream open() {
        return new PictureStream() {

            private Shot shot = new Shot(0, 0, 0, Optional.empty(), false);

            @Override
            public boolean advance() {
                try {
                    isWaiting = shots.isEmpty();
                    shot = shots.take();
                    return true;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }

            @Override
            public void tell(Stamp stamp) {
                stamp.told(shot.number(), shot.nanos());
            }

            @Override
            public Optional<Frame> copy(FramePool pool) {
                if (shot.isBroken()) {
                    throw new OutOfMemoryError("for a picture");
                }
                Optional<Frame> frame = pool.tryTake(SIDE, SIDE);
                frame.ifPresent(it -> {
                    Arrays.fill(it.rgb(), (byte) shot.grey());
                    shot.damage().ifPresent(it::damaged);
                });
                return frame;
            }

            @Override
            public void close() {}
        };
    }
}

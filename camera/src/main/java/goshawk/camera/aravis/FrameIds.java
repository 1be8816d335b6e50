package goshawk.camera.aravis;

/**
 * Extends a camera's frame ids to 64 bits and counts what is missing among them.
 *
 * <p>GigE Vision's ids have 16 bits and skip 0: after 65535 comes 1. Extended ids and USB3 Vision's have 64 and do not wrap
 * within a camera's life. Which of the two a camera counts in shows when an id passes 65535. Confined to one thread.
 */
final class FrameIds {

    private static final int CYCLE = 65_535;
    /** Ids that are this far behind come late; those further behind are of a camera that began anew. */
    private static final int LATE = 100;

    private boolean hasBegun;
    private boolean isWide;
    private long last;
    private long extended;
    private long lost;
    private long repeated;

    /**
     * Takes note of the id of the next picture.
     *
     * @param id as the camera sent it
     * @return false when the picture was there already, or is older than the last one: it must answer no trigger
     */
    boolean see(long id) {
        isWide |= id > CYCLE;
        if (!hasBegun) {
            hasBegun = true;
            extended = id;
            last = id;
            return true;
        }
        long step = stepTo(id);
        if (step <= 0 && step > -LATE) {
            repeated++;
            return false;
        }
        boolean beganAnew = step < 0;
        lost += beganAnew ? 0 : step - 1;
        extended += beganAnew ? 1 : step;
        last = id;
        return true;
    }

    /**
     * Takes note of a picture that came incomplete, whose id may not have come with it.
     *
     * @param id as the camera sent it, or what stood there before
     * @return whether the id is this picture's; it is counted as the next one otherwise
     */
    boolean seeTorn(long id) {
        long step = hasBegun ? stepTo(id) : 0;
        if (step > 0 && step < LATE) {
            return see(id);
        }
        if (hasBegun) {
            last = isWide ? last + 1 : last % CYCLE + 1;
            extended++;
        }
        return false;
    }

    private long stepTo(long id) {
        return isWide || id > CYCLE ? id - last : step(id);
    }

    /** The shorter way round. */
    private long step(long id) {
        long forward = Math.floorMod(id - last, CYCLE);
        return forward > CYCLE / 2 ? forward - CYCLE : forward;
    }

    /** False before the first picture. */
    boolean hasBegun() {
        return hasBegun;
    }

    /** Of the picture seen last: one more for each picture that the camera took, whether it came or not. */
    long current() {
        return extended;
    }

    /** Pictures that the camera took and that never came. */
    long lost() {
        return lost;
    }

    /** Pictures that came again, or too late. */
    long repeated() {
        return repeated;
    }
}

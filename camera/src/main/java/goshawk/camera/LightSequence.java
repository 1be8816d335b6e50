package goshawk.camera;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Tells under which light each picture was taken when a camera takes several of one part, one light after the other. It goes by the camera's
 * own count: pictures that it counted one after the other are the lights in their order, and only when all are there. Where it is known
 * what the first of a part must be numbered, nothing else is taken; where that is not known, or not any more, a whole set that was taken after
 * its trigger makes it known.
 *
 * <p>A picture that is late is never taken for the next part's: its number is known to be past, or its time is. Where neither can be told,
 * the part is missed. Knows no clock and no camera: it is told the time. Not for two threads at once.
 */
final class LightSequence implements AutoCloseable {

    /** By so much the camera's clock may be misread. */
    private static final long MISREAD_NANOS = 2_000_000;

    private final int size;
    private final DeviceClock clock = new DeviceClock();
    private final TreeMap<Long, Taken> open = new TreeMap<>();
    private OptionalLong openedNanos = OptionalLong.empty();
    private OptionalLong first = OptionalLong.empty(); // what the part's first picture is numbered
    private OptionalLong known = OptionalLong.empty(); // what the next part's first must be numbered
    private long past = Long.MIN_VALUE; // a number from here downwards is of a part that is over
    private boolean mayBeLate; // pictures of a part that is over may still be on their way
    private String doubt = "";
    private long strays;

    private record Taken(Stamp stamp, Optional<Frame> frame, String failure) {}

    /**
     * What came of a part.
     *
     * @param frames by place in the sequence, from 0; those that it is certain of
     * @param why there are not all; empty when there are
     */
    record Result(SequencedMap<Integer, Frame> frames, String why) {}

    /** @param size pictures of a part, at least 1 */
    LightSequence(int size) {
        this.size = size;
    }

    /** A new connection: the camera's count and clock may begin anew. */
    void connected() {
        clock.reset();
        known = OptionalLong.empty();
        past = Long.MIN_VALUE;
        mayBeLate = false;
        first = OptionalLong.empty();
        if (!open.isEmpty()) {
            doubt = "the camera was connected anew meanwhile";
        }
    }

    /** From now on pictures are those of a part; what was open must have been closed. */
    void open(long atNanos) {
        openedNanos = OptionalLong.of(atNanos);
        first = known;
        doubt = "";
    }

    /** Takes note of a picture. True when it may be one of the part's: {@link #give} is to follow. */
    boolean place(Stamp stamp) {
        clock.heard(stamp);
        if (!stamp.isTold()) {
            strays++; // whoever cannot count cannot be trusted to have lost nothing
            return false;
        }
        long number = stamp.frameId();
        if (openedNanos.isEmpty()
                || !doubt.isEmpty()
                || number <= past
                || open.containsKey(number)
                || isTooOld(stamp)) {
            strays++;
            if (openedNanos.isEmpty() && number > past) {
                known = OptionalLong.empty(); // it flashed for a part of which nobody told
                mayBeLate = true;
            }
            return false;
        }
        if (first.isPresent() && number < first.getAsLong()) {
            strays++;
            return false;
        }
        if (first.isPresent() && number >= first.getAsLong() + size) {
            doubt = "more pictures came than there are lights";
            strays++;
            return false;
        }
        return true;
    }

    private boolean isTooOld(Stamp stamp) {
        return clock.reads(stamp) && clock.at(stamp) < openedNanos.getAsLong() - MISREAD_NANOS;
    }

    /**
     * The picture of {@link #place}.
     *
     * @param frame empty when it could not be copied
     * @param failure why; empty when it was
     */
    void give(Stamp stamp, Optional<Frame> frame, String failure) {
        long number = stamp.frameId();
        if (openedNanos.isEmpty() || open.containsKey(number)) {
            frame.ifPresent(Frame::close); // closed meanwhile
            strays++;
            return;
        }
        open.put(number, new Taken(stamp.copy(), frame, failure));
        if (first.isEmpty()) {
            dropOld();
            learn();
        }
    }

    /** The camera's clock is better known with each picture. */
    private void dropOld() {
        open.values().removeIf(taken -> {
            boolean isOld = isTooOld(taken.stamp());
            if (isOld) {
                taken.frame().ifPresent(Frame::close);
                strays++;
            }
            return isOld;
        });
    }

    private void learn() {
        if (open.size() < size) {
            return;
        }
        boolean isOneAfterTheOther = open.lastKey() - open.firstKey() == size - 1;
        if (!isOneAfterTheOther) {
            doubt = "pictures of this part, or of another, were lost";
        } else if (mayBeLate && !clock.isKnown()) {
            doubt = "these may be the pictures of the part before";
        } else {
            first = OptionalLong.of(open.firstKey());
        }
    }

    /** True when the part's pictures are all there, or it is in doubt: {@link #close(String)} is to follow. */
    boolean isSettled() {
        return !doubt.isEmpty() || (first.isPresent() && open.size() == size);
    }

    /**
     * Ends the part.
     *
     * @param otherwise why pictures are missing, where nothing else says so
     */
    Result close(String otherwise) {
        SequencedMap<Integer, Frame> frames = new LinkedHashMap<>();
        StringBuilder failures = new StringBuilder();
        boolean isWhole = doubt.isEmpty() && first.isPresent() && open.size() == size;
        // Of an incomplete set the places are certain only when both ends are there.
        boolean isCertain = isWhole
                || (doubt.isEmpty()
                        && first.isPresent()
                        && open.containsKey(first.getAsLong())
                        && open.containsKey(first.getAsLong() + size - 1));
        open.forEach((number, taken) -> {
            if (isCertain && taken.frame().isPresent()) {
                frames.put((int) (number - first.getAsLong()), taken.frame().get());
            } else {
                taken.frame().ifPresent(Frame::close);
            }
            failures.append(taken.failure());
        });
        String why = isWhole
                ? failures.toString()
                : !doubt.isEmpty() ? doubt : "%s: %d of %d pictures came".formatted(otherwise, open.size(), size);
        forget(isWhole);
        return new Result(frames, why);
    }

    private void forget(boolean isWhole) {
        if (isWhole) {
            past = first.getAsLong() + size - 1;
            known = OptionalLong.of(past + 1);
            mayBeLate = false;
        } else {
            past = Math.max(past, lastOfPart());
            known = OptionalLong.empty();
            mayBeLate = true;
        }
        open.clear();
        openedNanos = OptionalLong.empty();
        first = OptionalLong.empty();
        doubt = "";
    }

    /** The highest number that the part may have had: what its time does not tell, its number does. */
    private long lastOfPart() {
        long highest = open.isEmpty() ? Long.MIN_VALUE : open.lastKey();
        if (clock.isKnown()) {
            return highest;
        }
        long last = first.isPresent()
                ? first.getAsLong() + size - 1
                : open.isEmpty() ? highest : open.firstKey() + size - 1;
        return Math.max(highest, last);
    }

    /** Pictures that belonged to no part: nobody's, repeated, too late or in doubt. */
    long strays() {
        return strays;
    }

    @Override
    public void close() {
        open.values().forEach(taken -> taken.frame().ifPresent(Frame::close));
        open.clear();
        openedNanos = OptionalLong.empty();
    }
}

package goshawk.camera;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Brings triggers and pictures together. Every trigger that is announced ends in exactly one {@link Capture}, in the order of
 * the triggers; a picture goes to the one trigger that it can belong to by the {@link Matching}, or to none. What it might
 * belong to is asked of the triggers that wait, of those that were answered and of those that were missed, so that a
 * picture that is late is not taken for the next one's.
 *
 * <p>Knows no clock and no camera: it is told the time. Makes objects for triggers, none for pictures. Not for two threads at once.
 */
final class TriggerMatcher implements AutoCloseable {

    /** Triggers that are remembered after their capture was handed out: a picture may be as late. */
    private static final int REMEMBERED = 64;

    /** Triggers that wait for a picture or for the line; each is a small record. */
    private static final int MOST_WAITING = 10_000;

    /** Pictures that wait for their trigger. */
    private static final int MOST_HELD = 8;

    private final Matching matching;
    private final DeviceClock clock = new DeviceClock();
    private final List<Slot> slots = new ArrayList<>(); // in the order of the triggers
    private int past; // as many of the slots were handed out, and are remembered; the others wait
    private final Held[] held = new Held[MOST_HELD];
    private int heldCount; // of the first of these, oldest first
    private final Taken asked = new Taken();
    private boolean hasCounted; // since it was connected
    private long lastFrameId;

    /** By how much the camera counts ahead of the triggers; unknown on a new connection, and after a contradiction. */
    private long apart;

    private boolean knowsApart;
    private long strays;
    private long ambiguous;

    TriggerMatcher(Matching matching) {
        this.matching = matching;
        Arrays.setAll(held, _ -> new Held());
    }

    /** Where a picture goes. */
    sealed interface Place {

        Place EARLY = new Early();
        Place NOBODY = new Nobody();

        /** To this trigger: {@link #give} is to follow, or {@link #fail}. */
        record Of(Trigger trigger) implements Place {}

        /** Nowhere yet, its trigger may still be announced: {@link #hold} is to follow. */
        record Early() implements Place {}

        /** Nowhere. */
        record Nobody() implements Place {}
    }

    /** A picture's number and time, where they are known. */
    private static final class Taken {

        boolean isNumbered;
        long number;
        boolean isTimed;
        long atNanos;
        long arrivedNanos;

        void read(Stamp stamp, DeviceClock clock) {
            isNumbered = stamp.isTold();
            number = stamp.frameId();
            isTimed = clock.reads(stamp);
            atNanos = isTimed ? clock.at(stamp) : 0;
            arrivedNanos = stamp.arrivedNanos();
        }

        void set(Taken other) {
            isNumbered = other.isNumbered;
            number = other.number;
            isTimed = other.isTimed;
            atNanos = other.atNanos;
            arrivedNanos = other.arrivedNanos;
        }
    }

    /** A place for a picture that waits for its trigger. */
    private static final class Held {

        final Taken taken = new Taken();

        @Nullable
        Frame frame;

        Frame handedOver() {
            Frame its = Objects.requireNonNull(frame);
            frame = null;
            return its;
        }
    }

    private enum Fit {
        NO,
        YES,
        /** One rule says yes, the other no. */
        CONTRADICTION
    }

    /** A trigger and what came of it so far. */
    private static final class Slot {

        final Trigger trigger;
        final OptionalLong number;
        final Taken taken = new Taken();
        boolean isTaken;
        Optional<Capture> capture = Optional.empty();

        Slot(Trigger trigger, OptionalLong number) {
            this.trigger = trigger;
            this.number = number;
        }

        boolean isOpen() {
            return !isTaken && capture.isEmpty();
        }

        void isOf(Taken picture) {
            taken.set(picture);
            isTaken = true;
        }

        /** A partial picture is kept as evidence, and never judged. */
        void take(Frame frame) {
            capture = Optional.of(
                    frame.damage().isPresent()
                            ? Capture.Missed.partial(trigger, Cause.PARTIAL, frame, false)
                            : new Capture.Image(trigger, frame, false));
        }

        boolean hasPicture() {
            return capture.filter(it -> !it.views().isEmpty()).isPresent();
        }

        void miss(Cause cause, String detail) {
            capture.ifPresent(Capture::discard);
            capture = Optional.of(new Capture.Missed(trigger, cause, detail, false));
        }
    }

    /** A new connection: the camera may have been switched off, its clock and its count begin anew. */
    void connected() {
        clock.reset();
        hasCounted = false;
        knowsApart = false;
    }

    /**
     * A part is in view.
     *
     * @param number the trigger's, as the camera counts them; empty where nobody does
     */
    void announce(Trigger trigger, OptionalLong number) {
        var slot = new Slot(trigger, number);
        slots.add(slot);
        if (slots.size() - past > MOST_WAITING) {
            slot.miss(Cause.OVERRUN, "%d triggers wait for the line".formatted(MOST_WAITING));
            return;
        }
        unsettleNeighbours(slot);
        int fitting = 0;
        int last = 0;
        for (int i = 0; i < heldCount; i++) {
            if (fit(slot, held[i].taken) != Fit.NO) {
                fitting++;
                last = i;
            }
        }
        if (fitting == 0) {
            return;
        }
        if (slot.isOpen() && fitting == 1 && fit(slot, held[last].taken) == Fit.YES) {
            agree(slot, held[last].taken);
            slot.isOf(held[last].taken);
            slot.take(release(last));
        } else {
            for (int i = heldCount - 1; i >= 0; i--) {
                if (fit(slot, held[i].taken) != Fit.NO) {
                    drop(i);
                }
            }
            doubt(slot);
            knowsApart = false;
        }
    }

    /** A picture that was another's so far may as well be this trigger's: then it is neither's, if that can still be said. */
    private void unsettleNeighbours(Slot slot) {
        for (int i = past; i < slots.size(); i++) {
            Slot other = slots.get(i);
            if (other != slot && other.isTaken && fit(slot, other.taken) != Fit.NO) {
                doubt(other);
                doubt(slot);
            }
        }
    }

    /** Announces a trigger of which it is known at once that there is no picture. */
    void announceMissed(Trigger trigger, OptionalLong number, Cause cause, String detail) {
        var slot = new Slot(trigger, number);
        slot.miss(cause, detail);
        slots.add(slot);
    }

    /** A trigger that is known by its picture: {@link #give} is to follow, or {@link #fail}. */
    void announce(Trigger trigger, Stamp stamp) {
        var slot = new Slot(trigger, OptionalLong.empty());
        asked.read(stamp, clock);
        slot.isOf(asked);
        slots.add(slot);
    }

    /** A picture that is no trigger's. */
    void stray() {
        strays++;
    }

    /** Whose picture this is. */
    Place place(Stamp stamp) {
        count(stamp);
        return whose(stamp);
    }

    private Place whose(Stamp stamp) {
        asked.read(stamp, clock);
        int candidates = 0;
        int last = 0;
        boolean agreed = true;
        for (int i = 0; i < slots.size(); i++) {
            Fit fit = fit(slots.get(i), asked);
            if (fit != Fit.NO) {
                candidates++;
                last = i;
                agreed &= fit == Fit.YES;
            }
        }
        if (candidates == 0 && mayBeEarly(asked)) {
            return Place.EARLY;
        }
        if (candidates == 1 && agreed && slots.get(last).isOpen()) {
            Slot slot = slots.get(last);
            agree(slot, asked);
            slot.isOf(asked);
            return new Place.Of(slot.trigger);
        }
        if (candidates > 1 || !agreed) {
            for (int i = past; i < slots.size(); i++) {
                if (fit(slots.get(i), asked) != Fit.NO) {
                    doubt(slots.get(i));
                }
            }
            knowsApart = false;
        }
        strays++;
        return Place.NOBODY;
    }

    /**
     * Takes note of a picture, once.
     *
     * @return pictures that the camera counted between this one and the newest before; -1 when this one is not new
     */
    long count(Stamp stamp) {
        clock.heard(stamp);
        if (!stamp.isTold()) {
            return 0;
        }
        long between = hasCounted ? stamp.frameId() - lastFrameId - 1 : 0;
        if (between < 0) {
            return -1;
        }
        hasCounted = true;
        lastFrameId = stamp.frameId();
        return between;
    }

    private Fit fit(Slot slot, Taken taken) {
        return switch (matching) {
            case Matching.FirstAfter(var within) ->
                slot.isOpen() && isIn(taken.arrivedNanos - slot.trigger.atNanos(), Duration.ZERO, within)
                        ? Fit.YES
                        : Fit.NO;
            case Matching.ByTime time -> fitsTime(slot, taken, time) ? Fit.YES : Fit.NO;
            case Matching.ByNumber _ -> (areNumbered(slot, taken) && ahead(slot, taken) == 0) ? Fit.YES : Fit.NO;
            case Matching.Agreed(var time) -> {
                boolean inTime = fitsTime(slot, taken, time);
                boolean counts = (knowsApart && areNumbered(slot, taken)) ? ahead(slot, taken) == apart : inTime;
                yield counts != inTime ? Fit.CONTRADICTION : inTime ? Fit.YES : Fit.NO;
            }
        };
    }

    private static boolean areNumbered(Slot slot, Taken taken) {
        return slot.number.isPresent() && taken.isNumbered;
    }

    /** How far the camera counts ahead of the trigger's number, where both are numbered. */
    private static long ahead(Slot slot, Taken taken) {
        return taken.number - slot.number.getAsLong();
    }

    /** What is known of the two counts from a picture on which nothing contradicts. */
    private void agree(Slot slot, Taken taken) {
        if (!knowsApart && areNumbered(slot, taken)) {
            knowsApart = true;
            apart = ahead(slot, taken);
        }
    }

    private static boolean fitsTime(Slot slot, Taken taken, Matching.ByTime time) {
        return taken.isTimed
                && isIn(taken.atNanos - time.delay().toNanos() - slot.trigger.atNanos(), time.before(), time.after());
    }

    private static boolean isIn(long nanos, Duration before, Duration after) {
        return -before.toNanos() <= nanos && nanos <= after.toNanos();
    }

    private boolean mayBeEarly(Taken taken) {
        return switch (matching) {
            case Matching.FirstAfter _ -> false;
            case Matching.ByTime _, Matching.Agreed _ -> taken.isTimed;
            case Matching.ByNumber _ -> taken.isNumbered;
        };
    }

    /** Takes back what can be taken back: a capture that was handed out cannot. */
    private void doubt(Slot waiting) {
        if (waiting.capture.isEmpty() || waiting.hasPicture()) {
            ambiguous++;
            waiting.miss(Cause.NO_FRAME, "its picture cannot be told from another trigger's");
        }
    }

    /** The picture of {@link #place}, copied; empty when every frame of the pool is out. */
    void give(Trigger trigger, Optional<Frame> frame) {
        Slot slot = taking(trigger);
        if (slot == null) {
            frame.ifPresent(Frame::close);
            strays++;
        } else if (frame.isPresent()) {
            slot.take(frame.get());
        } else {
            slot.miss(Cause.OVERRUN, "every frame was in use");
        }
    }

    /** The picture of {@link #place} could not be copied. */
    void fail(Trigger trigger, String why) {
        Slot slot = taking(trigger);
        if (slot != null) {
            slot.miss(Cause.CAMERA, why);
        }
    }

    /** None when the trigger was doubted while its picture was copied, and perhaps handed out so; the line may have stopped, too. */
    private @Nullable Slot taking(Trigger trigger) {
        for (int i = past; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            if (slot.trigger.equals(trigger)) {
                return slot.capture.isEmpty() ? slot : null;
            }
        }
        return null;
    }

    /** Keeps a picture of {@link Place.Early} until its trigger is announced, if it was not while the picture was copied. */
    void hold(Stamp stamp, Frame frame) {
        switch (whose(stamp)) {
            case Place.Of(var trigger) -> give(trigger, Optional.of(frame));
            case Place.Early() -> hold(frame);
            case Place.Nobody() -> frame.close();
        }
    }

    private void hold(Frame frame) {
        if (heldCount == MOST_HELD) {
            drop(0);
        }
        Held place = held[heldCount++];
        place.taken.set(asked);
        place.frame = frame;
    }

    /**
     * Triggers whose time is over are missed; pictures for which no trigger came go back to their pool.
     *
     * @param fault of the camera, for the records; empty while it has none
     */
    void pass(long nowNanos, String camera, String fault) {
        long within = matching.within().toNanos();
        for (int i = past; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            if (slot.isOpen() && nowNanos - slot.trigger.atNanos() >= within) {
                if (fault.isEmpty()) {
                    slot.miss(
                            Cause.NO_FRAME,
                            "no picture within %d ms of %s"
                                    .formatted(matching.within().toMillis(), camera));
                } else {
                    slot.miss(Cause.CAMERA, fault);
                }
            }
        }
        while (heldCount > 0 && nowNanos - held[0].taken.arrivedNanos >= within) {
            drop(0);
        }
    }

    private void drop(int place) {
        release(place).close();
        strays++;
    }

    /** The picture of a place that is free from here on: it goes behind the others. */
    private Frame release(int place) {
        Held released = held[place];
        heldCount--;
        System.arraycopy(held, place + 1, held, place, heldCount - place);
        held[heldCount] = released;
        return released.handedOver();
    }

    /** The next capture in the order of the triggers, if it is known what came of that one. */
    Optional<Capture> next() {
        if (past == slots.size() || slots.get(past).capture.isEmpty()) {
            return Optional.empty();
        }
        Optional<Capture> capture = slots.get(past).capture;
        past++;
        if (past > REMEMBERED) {
            past--;
            slots.removeFirst();
        }
        return capture;
    }

    /** How long until the first of the triggers that wait is missed, in nanoseconds; the longest time when none waits. */
    long leftNanos(long nowNanos) {
        for (int i = past; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            if (slot.capture.isEmpty()) {
                return slot.trigger.atNanos() + matching.within().toNanos() - nowNanos;
            }
        }
        return Long.MAX_VALUE;
    }

    /** Whatever waits for a picture is missed: the line stops. */
    void stop() {
        for (int i = past; i < slots.size(); i++) {
            if (slots.get(i).isOpen()) {
                slots.get(i).miss(Cause.STOPPED, "the line was stopped while the part waited for its picture");
            }
        }
    }

    /** Pictures that belonged to no trigger: nobody's, repeated, too late or in doubt. */
    long strays() {
        return strays;
    }

    /** Triggers whose picture could not be told from another one's. */
    long ambiguous() {
        return ambiguous;
    }

    /** Gives back the frames that nobody took. */
    @Override
    public void close() {
        while (heldCount > 0) {
            release(0).close();
        }
        for (int i = past; i < slots.size(); i++) {
            slots.get(i).miss(Cause.STOPPED, "the line was stopped");
        }
        slots.clear();
        past = 0;
    }
}

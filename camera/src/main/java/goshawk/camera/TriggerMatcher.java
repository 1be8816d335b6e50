package goshawk.camera;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Brings triggers and pictures together. Every trigger that is announced ends in exactly one {@link Capture}, in the order of
 * the triggers; a picture goes to the one trigger that it can belong to by the {@link Matching}, or to none. What it might
 * belong to is asked of the triggers that wait, of those that were answered and of those that were missed, so that a
 * picture that is late is not taken for the next one's.
 *
 * <p>Knows no clock and no camera: it is told the time. Not for two threads at once.
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
    private final Deque<Slot> waiting = new ArrayDeque<>();
    private final Deque<Slot> past = new ArrayDeque<>();
    private final Deque<Held> held = new ArrayDeque<>();
    private OptionalLong lastFrameId = OptionalLong.empty();

    /** By how much the camera counts ahead of the triggers; unknown on a new connection, and after a contradiction. */
    private OptionalLong apart = OptionalLong.empty();

    private long strays;
    private long ambiguous;

    TriggerMatcher(Matching matching) {
        this.matching = matching;
    }

    /** Where a picture goes. */
    sealed interface Place {

        /** To this trigger: {@link #give} is to follow, or {@link #fail}. */
        record Of(Trigger trigger) implements Place {}

        /** Nowhere yet, its trigger may still be announced: {@link #hold} is to follow. */
        record Early() implements Place {}

        /** Nowhere. */
        record Nobody() implements Place {}
    }

    /** A picture's number and time, where they are known. */
    private record Taken(OptionalLong number, OptionalLong atNanos, long arrivedNanos) {}

    private record Held(Taken taken, Frame frame) {}

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
        Optional<Taken> taken = Optional.empty();
        Optional<Capture> capture = Optional.empty();

        Slot(Trigger trigger, OptionalLong number) {
            this.trigger = trigger;
            this.number = number;
        }

        boolean isOpen() {
            return taken.isEmpty() && capture.isEmpty();
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
        lastFrameId = OptionalLong.empty();
        apart = OptionalLong.empty();
    }

    /**
     * A part is in view.
     *
     * @param number the trigger's, as the camera counts them; empty where nobody does
     */
    void announce(Trigger trigger, OptionalLong number) {
        var slot = new Slot(trigger, number);
        waiting.add(slot);
        if (waiting.size() > MOST_WAITING) {
            slot.miss(Cause.OVERRUN, "%d triggers wait for the line".formatted(MOST_WAITING));
            return;
        }
        unsettleNeighbours(slot);
        List<Held> its = held.stream()
                .filter(picture -> fit(slot, picture.taken()) != Fit.NO)
                .toList();
        if (its.isEmpty()) {
            return;
        }
        held.removeAll(its);
        boolean certain =
                slot.isOpen() && its.size() == 1 && fit(slot, its.getFirst().taken()) == Fit.YES;
        if (certain) {
            agree(slot, its.getFirst().taken());
            slot.taken = Optional.of(its.getFirst().taken());
            slot.take(its.getFirst().frame());
        } else {
            its.forEach(picture -> picture.frame().close());
            strays += its.size();
            doubt(slot);
            apart = OptionalLong.empty();
        }
    }

    /** A picture that was another's so far may as well be this trigger's: then it is neither's, if that can still be said. */
    private void unsettleNeighbours(Slot slot) {
        for (Slot other : waiting) {
            if (other != slot
                    && other.taken.filter(it -> fit(slot, it) != Fit.NO).isPresent()) {
                doubt(other);
                doubt(slot);
            }
        }
    }

    /** Announces a trigger of which it is known at once that there is no picture. */
    void announceMissed(Trigger trigger, OptionalLong number, Cause cause, String detail) {
        var slot = new Slot(trigger, number);
        slot.miss(cause, detail);
        waiting.add(slot);
    }

    /** A trigger that is known by its picture: {@link #give} is to follow, or {@link #fail}. */
    void announce(Trigger trigger, FrameStamp stamp) {
        var slot = new Slot(trigger, OptionalLong.empty());
        slot.taken = Optional.of(taken(stamp));
        waiting.add(slot);
    }

    /** A picture that is no trigger's. */
    void stray() {
        strays++;
    }

    /** Whose picture this is. */
    Place place(FrameStamp stamp) {
        count(stamp);
        Taken taken = taken(stamp);
        List<Slot> candidates = new ArrayList<>();
        boolean agreed = true;
        for (Deque<Slot> slots : List.of(past, waiting)) {
            for (Slot slot : slots) {
                Fit fit = fit(slot, taken);
                if (fit != Fit.NO) {
                    candidates.add(slot);
                    agreed &= fit == Fit.YES;
                }
            }
        }
        if (candidates.isEmpty() && mayBeEarly(taken)) {
            return new Place.Early();
        }
        if (candidates.size() == 1 && agreed && candidates.getFirst().isOpen()) {
            agree(candidates.getFirst(), taken);
            candidates.getFirst().taken = Optional.of(taken);
            return new Place.Of(candidates.getFirst().trigger);
        }
        if (candidates.size() > 1 || !agreed) {
            candidates.forEach(this::doubt);
            apart = OptionalLong.empty();
        }
        strays++;
        return new Place.Nobody();
    }

    private Taken taken(FrameStamp stamp) {
        OptionalLong number = stamp.device().isPresent()
                ? OptionalLong.of(stamp.device().get().frameId())
                : OptionalLong.empty();
        return new Taken(number, clock.at(stamp), stamp.arrivedNanos());
    }

    /**
     * Takes note of a picture, once.
     *
     * @return pictures that the camera counted between this one and the newest before; -1 when this one is not new
     */
    long count(FrameStamp stamp) {
        clock.heard(stamp);
        if (stamp.device().isEmpty()) {
            return 0;
        }
        long id = stamp.device().get().frameId();
        long between = lastFrameId.isEmpty() ? 0 : id - lastFrameId.getAsLong() - 1;
        if (between < 0) {
            return -1;
        }
        lastFrameId = OptionalLong.of(id);
        return between;
    }

    private Fit fit(Slot slot, Taken taken) {
        return switch (matching) {
            case Matching.FirstAfter(var within) ->
                slot.isOpen() && isIn(taken.arrivedNanos() - slot.trigger.atNanos(), Duration.ZERO, within)
                        ? Fit.YES
                        : Fit.NO;
            case Matching.ByTime time -> fitsTime(slot, taken, time) ? Fit.YES : Fit.NO;
            case Matching.ByNumber _ -> fitsNumber(slot, taken) ? Fit.YES : Fit.NO;
            case Matching.Agreed(var time) -> {
                boolean inTime = fitsTime(slot, taken, time);
                OptionalLong difference = difference(slot, taken);
                boolean knowsCounts = apart.isPresent() && difference.isPresent();
                boolean counts = knowsCounts ? apart.equals(difference) : inTime;
                yield counts != inTime ? Fit.CONTRADICTION : inTime ? Fit.YES : Fit.NO;
            }
        };
    }

    /** How far the camera counts ahead of the trigger's number; empty where either has none. */
    private static OptionalLong difference(Slot slot, Taken taken) {
        return slot.number.isPresent() && taken.number().isPresent()
                ? OptionalLong.of(taken.number().getAsLong() - slot.number.getAsLong())
                : OptionalLong.empty();
    }

    /** What is known of the two counts from a picture on which nothing contradicts. */
    private void agree(Slot slot, Taken taken) {
        if (apart.isEmpty()) {
            apart = difference(slot, taken);
        }
    }

    private static boolean fitsNumber(Slot slot, Taken taken) {
        return slot.number.isPresent() && slot.number.equals(taken.number());
    }

    private static boolean fitsTime(Slot slot, Taken taken, Matching.ByTime time) {
        return taken.atNanos().isPresent()
                && isIn(
                        taken.atNanos().getAsLong() - time.delay().toNanos() - slot.trigger.atNanos(),
                        time.before(),
                        time.after());
    }

    private static boolean isIn(long nanos, Duration before, Duration after) {
        return -before.toNanos() <= nanos && nanos <= after.toNanos();
    }

    private boolean mayBeEarly(Taken taken) {
        return switch (matching) {
            case Matching.FirstAfter _ -> false;
            case Matching.ByTime _, Matching.Agreed _ -> taken.atNanos().isPresent();
            case Matching.ByNumber _ -> taken.number().isPresent();
        };
    }

    /** Takes back what can be taken back: a capture that was handed out cannot. */
    private void doubt(Slot slot) {
        if (waiting.contains(slot) && (slot.capture.isEmpty() || slot.hasPicture())) {
            ambiguous++;
            slot.miss(Cause.NO_FRAME, "its picture cannot be told from another trigger's");
        }
    }

    /** The picture of {@link #place}, copied; empty when every frame of the pool is out. */
    void give(Trigger trigger, Optional<Frame> frame) {
        Slot slot = taking(trigger);
        if (slot.capture.isPresent()) { // doubted meanwhile
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
        if (slot.capture.isEmpty()) {
            slot.miss(Cause.CAMERA, why);
        }
    }

    private Slot taking(Trigger trigger) {
        return waiting.stream()
                .filter(slot -> slot.trigger.equals(trigger))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no picture was placed for " + trigger));
    }

    /** Keeps a picture of {@link Place.Early} until its trigger is announced. */
    void hold(FrameStamp stamp, Frame frame) {
        held.add(new Held(taken(stamp), frame));
        if (held.size() > MOST_HELD) {
            drop(held.remove());
        }
    }

    /**
     * Triggers whose time is over are missed; pictures for which no trigger came go back to their pool.
     *
     * @param fault of the camera, for the records; empty while it has none
     */
    void pass(long nowNanos, String camera, String fault) {
        long within = matching.within().toNanos();
        for (Slot slot : waiting) {
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
        while (!held.isEmpty() && nowNanos - held.getFirst().taken().arrivedNanos() >= within) {
            drop(held.remove());
        }
    }

    private void drop(Held picture) {
        picture.frame().close();
        strays++;
    }

    /** The next capture in the order of the triggers, if it is known what came of that one. */
    Optional<Capture> next() {
        if (waiting.isEmpty() || waiting.getFirst().capture.isEmpty()) {
            return Optional.empty();
        }
        Slot slot = waiting.remove();
        past.add(slot);
        if (past.size() > REMEMBERED) {
            past.remove();
        }
        return slot.capture;
    }

    /** When the first of the triggers that wait is missed; empty when none waits. */
    OptionalLong dueNanos() {
        return waiting.stream()
                .filter(slot -> slot.capture.isEmpty())
                .mapToLong(slot -> slot.trigger.atNanos() + matching.within().toNanos())
                .findFirst();
    }

    /** Whatever waits for a picture is missed: the line stops. */
    void stop() {
        for (Slot slot : waiting) {
            if (slot.isOpen()) {
                slot.miss(Cause.STOPPED, "the line was stopped while the part waited for its picture");
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
        held.forEach(picture -> picture.frame().close());
        held.clear();
        for (Slot slot : waiting) {
            slot.miss(Cause.STOPPED, "the line was stopped");
        }
        waiting.clear();
    }
}

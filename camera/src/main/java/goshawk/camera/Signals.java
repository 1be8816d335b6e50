package goshawk.camera;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Triggers that come from outside: from a program, a controller, a broker or an encoder. Lets through what is a new part and
 * counts the rest. For any thread; returns at once.
 */
public final class Signals implements TriggerSource {

    /** Numbers that are left out at once and of which each leaves a record; of more it is only counted. */
    static final int MOST_MISSED = 1_000;

    private final long debounceNanos;
    private Optional<Listener> listener = Optional.empty();
    private OptionalLong last = OptionalLong.empty();
    private OptionalLong acceptedNanos = OptionalLong.empty();
    private long accepted;
    private long bounced;
    private long repeated;
    private long missed;
    private long refused;

    /** What became of a signal. */
    public enum Reception {
        /** It is a trigger, and will have a record. */
        ACCEPTED,
        /** It came too soon after the one before: the same part's. */
        BOUNCED,
        /** Its number was there before. */
        REPEATED,
        /** Nobody waits for triggers: the line does not run. */
        REFUSED
    }

    /**
     * @param number counts the pulses of the part's sensor; empty where nobody does
     * @param part serial number, where it is known
     * @param atNanos {@link System#nanoTime()} when the part was in view, as well as it is known
     */
    public record Signal(OptionalLong number, Optional<String> part, long atNanos) {}

    /** Signals so far, by what became of them; {@code missed} are numbers that were left out. */
    public record Counts(long accepted, long bounced, long repeated, long missed, long refused) {}

    /** Whom triggers are told. */
    interface Listener {

        void signalled(Signal signal);

        /** A signal that is known only by its successor's number. */
        void missed(Signal signal);
    }

    /** @param debounce a signal without a number that follows within it is the same part's; zero lets all through */
    public Signals(Duration debounce) {
        if (debounce.isNegative()) {
            throw new IllegalArgumentException("the debounce time must not be negative: " + debounce);
        }
        this.debounceNanos = debounce.toNanos();
    }

    /** A part without number or name is in view now. */
    public Reception signal() {
        return signal(new Signal(OptionalLong.empty(), Optional.empty(), System.nanoTime()));
    }

    /**
     * A part is in view. Numbers rise by one from signal to signal; 0 begins the count anew, as after a controller's restart.
     */
    public synchronized Reception signal(Signal signal) {
        if (listener.isEmpty()) {
            refused++;
            return Reception.REFUSED;
        }
        if (signal.number().isPresent()) {
            long number = signal.number().getAsLong();
            if (number != 0 && last.isPresent() && number <= last.getAsLong()) {
                repeated++;
                return Reception.REPEATED;
            }
            tellMissed(number, signal.atNanos());
            last = signal.number();
        } else if (isBounce(signal.atNanos())) {
            bounced++;
            return Reception.BOUNCED;
        }
        acceptedNanos = OptionalLong.of(signal.atNanos());
        accepted++;
        listener.get().signalled(signal);
        return Reception.ACCEPTED;
    }

    /** The count begins anew with the next number, whichever it is: none is missed before it. */
    public synchronized void beginAnew() {
        last = OptionalLong.empty();
    }

    /** True while signals are triggers. */
    public synchronized boolean isListenedTo() {
        return listener.isPresent();
    }

    private boolean isBounce(long atNanos) {
        return acceptedNanos.isPresent() && atNanos - acceptedNanos.getAsLong() < debounceNanos;
    }

    private void tellMissed(long number, long atNanos) {
        if (number == 0 || last.isEmpty()) {
            return;
        }
        long gap = number - last.getAsLong() - 1;
        missed += gap;
        for (long left = number - Math.min(gap, MOST_MISSED); left < number; left++) {
            listener.orElseThrow().missed(new Signal(OptionalLong.of(left), Optional.empty(), atNanos));
        }
    }

    /** From here on signals are triggers. */
    synchronized void listen(Listener to) {
        if (listener.isPresent()) {
            throw new IllegalStateException("these signals trigger another camera already");
        }
        listener = Optional.of(to);
    }

    /** Signals are refused again. */
    synchronized void stop() {
        listener = Optional.empty();
    }

    public synchronized Counts counts() {
        return new Counts(accepted, bounced, repeated, missed, refused);
    }
}

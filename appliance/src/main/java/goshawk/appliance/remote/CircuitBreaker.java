package goshawk.appliance.remote;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Knows when there is no use in asking. Closed, everybody may ask. After some failures in a row it opens and nobody may,
 * for a while that doubles with each time that the server is still not well; then one may try (half open), and what
 * becomes of that closes or opens it again. Safe for any thread.
 */
final class CircuitBreaker {

    private final int mostFailures;
    private final Duration shortest;
    private final Duration longest;
    private final LongSupplier nanoTime;

    private State state = State.CLOSED;
    private int failuresInRow;
    private Duration pause;
    private long openedAt;
    private long asked;
    private long failed;
    private long refused;
    private long opened;

    enum State {
        CLOSED,
        OPEN,
        HALF_OPEN
    }

    /**
     * @param asked times that somebody was let through
     * @param failed of {@code asked}
     * @param refused times that nobody was let through
     * @param opened times that it opened, from closed or from half open
     */
    record Counters(State state, long asked, long failed, long refused, long opened) {}

    /**
     * @param mostFailures in a row that open it
     * @param shortest first pause
     * @param longest the pause does not double beyond it
     */
    CircuitBreaker(int mostFailures, Duration shortest, Duration longest, LongSupplier nanoTime) {
        this.mostFailures = mostFailures;
        this.shortest = shortest;
        this.longest = longest;
        this.nanoTime = nanoTime;
        this.pause = shortest;
    }

    /** Whoever is let through says afterwards what came of it: {@link #succeeded}, {@link #failed} or {@link
     * #abandoned}. */
    synchronized boolean mayAsk() {
        boolean may = switch (state) {
            case CLOSED -> true;
            case HALF_OPEN -> false; // one is trying
            case OPEN -> nanoTime.getAsLong() - openedAt >= pause.toNanos();
        };
        if (!may) {
            refused++;
            return false;
        }
        if (state == State.OPEN) {
            state = State.HALF_OPEN;
        }
        asked++;
        return true;
    }

    synchronized void succeeded() {
        state = State.CLOSED;
        failuresInRow = 0;
        pause = shortest;
    }

    synchronized void failed() {
        failed++;
        failuresInRow++;
        if (state == State.HALF_OPEN) {
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(longest) < 0 ? doubled : longest;
            open();
        } else if (state == State.CLOSED && failuresInRow >= mostFailures) {
            open();
        }
    }

    /** Nothing came of it, and the server is not to blame: where one was trying, the next may. */
    synchronized void abandoned() {
        state = state == State.HALF_OPEN ? State.OPEN : state;
    }

    private void open() {
        state = State.OPEN;
        openedAt = nanoTime.getAsLong();
        opened++;
    }

    synchronized Counters counters() {
        return new Counters(state, asked, failed, refused, opened);
    }
}

package goshawk.appliance.remote;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.remote.CircuitBreaker.State;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {

    private long nanos;
    private final CircuitBreaker breaker =
            new CircuitBreaker(3, Duration.ofSeconds(5), Duration.ofSeconds(15), () -> nanos);

    @Test
    void aSuccessBetweenFailuresKeepsItClosed() {
        for (int i = 0; i < 10; i++) {
            ask(false);
            ask(false);
            ask(true);
        }
        assertThat(breaker.counters()).isEqualTo(new CircuitBreaker.Counters(State.CLOSED, 30, 20, 0, 0));
    }

    @Test
    void failuresInARowOpenItAndOneSuccessfulTryClosesIt() {
        ask(false);
        ask(false);
        ask(false);
        assertThat(breaker.mayAsk()).isFalse();
        pass(Duration.ofMillis(4_999));
        assertThat(breaker.mayAsk()).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(breaker.mayAsk()).as("one may try").isTrue();
        assertThat(breaker.mayAsk()).as("one and no more").isFalse();
        assertThat(breaker.counters().state()).isEqualTo(State.HALF_OPEN);
        breaker.succeeded();
        ask(true);
        assertThat(breaker.counters()).isEqualTo(new CircuitBreaker.Counters(State.CLOSED, 5, 3, 3, 1));
    }

    @Test
    void thePauseDoublesUpToItsLimitAndIsShortAgainAfterwards() {
        ask(false);
        ask(false);
        ask(false);
        for (int seconds : new int[] {5, 10, 15, 15}) {
            pass(Duration.ofSeconds(seconds).minusMillis(1));
            assertThat(breaker.mayAsk()).as("before %d s", seconds).isFalse();
            pass(Duration.ofMillis(1));
            ask(false);
        }
        pass(Duration.ofSeconds(15));
        ask(true);
        ask(false);
        ask(false);
        ask(false);
        pass(Duration.ofSeconds(5));
        ask(true);
    }

    @Test
    void aTryThatNobodyFinishedIsNobodysFault() {
        ask(false);
        ask(false);
        ask(false);
        pass(Duration.ofSeconds(5));
        assertThat(breaker.mayAsk()).isTrue();
        breaker.abandoned();
        ask(true);
        assertThat(breaker.counters().state()).isEqualTo(State.CLOSED);
    }

    private void ask(boolean well) {
        assertThat(breaker.mayAsk()).isTrue();
        if (well) {
            breaker.succeeded();
        } else {
            breaker.failed();
        }
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }
}

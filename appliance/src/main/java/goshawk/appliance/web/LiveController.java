package goshawk.appliance.web;

import goshawk.appliance.domain.RecordedInspection;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.http.sse.Event;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * What happens, as it happens. The one place with reactive types: Micronaut streams events from a {@link Publisher} and
 * from nothing else.
 */
@Controller("/api")
@ExecuteOn(TaskExecutors.BLOCKING)
class LiveController {

    /** A station has a handful of screens; more are pages that somebody forgot to close. */
    private static final int MOST_LISTENERS = 32;

    private static final int WAITING_EVENTS = 256;

    private final LiveFeed feed;
    private final AtomicInteger listeners = new AtomicInteger();

    LiveController(LiveFeed feed) {
        this.feed = feed;
    }

    @Get("/station")
    StationReport station() {
        return feed.report();
    }

    /**
     * Events {@code station} (at once, then every two seconds: silence means that something is broken) and {@code
     * inspection}. A browser that does not keep up is cut off; it comes back and asks for what it missed.
     */
    @Get(value = "/live", produces = MediaType.TEXT_EVENT_STREAM)
    Publisher<Event<?>> live() {
        if (listeners.get() >= MOST_LISTENERS) {
            throw new HttpStatusException(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "%d pages follow this station already: close one".formatted(MOST_LISTENERS));
        }
        return Flux.<Event<?>>create(this::connect, FluxSink.OverflowStrategy.BUFFER)
                .onBackpressureBuffer(WAITING_EVENTS, _ -> {}, BufferOverflowStrategy.ERROR);
    }

    private void connect(FluxSink<Event<?>> sink) {
        var listener = new Screen(sink);
        listeners.incrementAndGet();
        sink.onDispose(() -> {
            feed.remove(listener);
            listeners.decrementAndGet();
        });
        listener.reported(feed.report());
        feed.add(listener);
    }

    private record Screen(FluxSink<Event<?>> sink) implements LiveFeed.Listener {

        @Override
        public void recorded(RecordedInspection recorded) {
            sink.next(Event.<Object>of(InspectionRow.of(recorded))
                    .name("inspection")
                    .id(String.valueOf(recorded.id())));
        }

        @Override
        public void reported(StationReport report) {
            sink.next(Event.<Object>of(report).name("station"));
        }
    }
}

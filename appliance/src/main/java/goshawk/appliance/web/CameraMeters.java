package goshawk.appliance.web;

import goshawk.appliance.domain.Station;
import goshawk.camera.CameraState;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.Signals;
import goshawk.camera.SourceReport;
import goshawk.camera.aravis.StreamCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What comes of a camera's pictures and of what triggers it, for Prometheus. The camera is opened after the page: all series are
 * there from the start, and those of what the station's source has not stay 0.
 */
final class CameraMeters {

    private final MeterRegistry registry;
    private final Station station;

    private CameraMeters(MeterRegistry registry, Station station) {
        this.registry = registry;
        this.station = station;
    }

    static void register(MeterRegistry registry, Station station) {
        var meters = new CameraMeters(registry, station);
        meters.connection();
        meters.matching();
        meters.signals();
        meters.stream();
        meters.lines();
    }

    private void connection() {
        Gauge.builder("goshawk.camera.connected", station, CameraMeters::connected)
                .description("1 while a camera that is connected all the time gives pictures, NaN of other sources")
                .register(registry);
        Gauge.builder(
                        "goshawk.camera.hanging",
                        station,
                        it -> it.source().connection().map(CameraState::hanging).orElse(0))
                .description("Connections that were given up and whose native calls have not returned")
                .register(registry);
        connection("pictures", "Pictures that arrived, whole or not", CameraState::pictures);
        connection("reconnects", "Times that the camera came back", CameraState::reopened);
        connection("stalls", "Times that no picture came for too long", CameraState::stalls);
        connection("losses", "Times that the connection broke, or could not be opened", CameraState::losses);
    }

    private static double connected(Station station) {
        return station.source()
                .connection()
                .map(it -> it.condition() == CameraState.Condition.CONNECTED ? 1.0 : 0.0)
                .orElse(Double.NaN);
    }

    private void connection(String name, String description, ToDoubleFunction<CameraState> value) {
        counter("goshawk.camera." + name, description, SourceReport::connection, value);
    }

    private void matching() {
        matching("pictures.unmatched", "Pictures that belonged to no trigger", LiveFrameSource.Counts::strays);
        matching(
                "triggers.ambiguous",
                "Triggers whose picture could not be told from another one's",
                LiveFrameSource.Counts::ambiguous);
    }

    private void matching(String name, String description, ToDoubleFunction<LiveFrameSource.Counts> value) {
        counter("goshawk.camera." + name, description, SourceReport::matching, value);
    }

    private void signals() {
        signal("accepted", "Signals that became a trigger", Signals.Counts::accepted);
        signal("debounced", "Signals that came too soon after another: the same part's", Signals.Counts::bounced);
        signal("repeated", "Signals whose number was there before", Signals.Counts::repeated);
        signal("missed", "Signals that are known only by the number of the next", Signals.Counts::missed);
        signal("refused", "Signals while the line did not run", Signals.Counts::refused);
    }

    private void signal(String name, String description, ToDoubleFunction<Signals.Counts> value) {
        counter("goshawk.signals." + name, description, SourceReport::signals, value);
    }

    /** Of GenICam cameras. */
    private void stream() {
        stream("pictures.incomplete", "Pictures that came with parts missing", StreamCounters::incomplete);
        stream("pictures.lost", "Pictures that the camera counted and that never came", StreamCounters::lost);
        stream("pictures.overtaken", "Whole pictures passed over for a newer one", StreamCounters::overtaken);
        stream("buffers.missing", "Times that no buffer was free for a picture", StreamCounters::underruns);
        stream("packets.resent", "Packets that were asked for again and came", StreamCounters::resentPackets);
        stream("packets.missing", "Packets that never came", StreamCounters::missingPackets);
        counter(
                FunctionCounter.builder(
                                "goshawk.camera.received",
                                station,
                                it -> of(it, SourceReport::stream, StreamCounters::bytes))
                        .baseUnit("bytes"),
                "What came over the wire");
    }

    private void stream(String name, String description, ToDoubleFunction<StreamCounters> value) {
        counter("goshawk.camera." + name, description, SourceReport::stream, value);
    }

    private void lines() {
        lines("pictures", "Pictures that were put together of lines", SourceReport.Lines::whole);
        lines("pictures.partial", "Pictures that were begun and not completed", SourceReport.Lines::partial);
        lines("lines.lost", "Places in pictures that no line was taken of", SourceReport.Lines::lost);
        lines("lines.again", "Lines dropped because their place had been seen", SourceReport.Lines::seenAgain);
        lines("reversals", "Times that the belt ran back within a picture", SourceReport.Lines::reversals);
    }

    private void lines(String name, String description, ToDoubleFunction<SourceReport.Lines> value) {
        counter("goshawk.linescan." + name, description, SourceReport::lines, value);
    }

    private <T> void counter(
            String name, String description, Function<SourceReport, Optional<T>> part, ToDoubleFunction<T> value) {
        counter(FunctionCounter.builder(name, station, it -> of(it, part, value)), description);
    }

    private void counter(FunctionCounter.Builder<Station> counter, String description) {
        counter.description(description).register(registry);
    }

    private static <T> double of(Station station, Function<SourceReport, Optional<T>> part, ToDoubleFunction<T> value) {
        return part.apply(station.source()).map(value::applyAsDouble).orElse(0.0);
    }
}

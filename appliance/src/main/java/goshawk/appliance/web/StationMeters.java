package goshawk.appliance.web;

import goshawk.appliance.domain.EngineState;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.LineCounters.Snapshot;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.QualityState;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Station;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Cause;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.Views;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * The station's figures for Prometheus, all named {@code goshawk_*}: base units, {@code _total} where they only rise.
 * Records, verdicts and times are counted as they appear in the store, triggers as the line counts them: that they agree
 * is for the reader of both to check.
 */
final class StationMeters implements LiveFeed.Listener {

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(150),
        Duration.ofMillis(200),
        Duration.ofMillis(300),
        Duration.ofMillis(400),
        Duration.ofMillis(600),
        Duration.ofMillis(800),
        Duration.ofSeconds(1),
        Duration.ofMillis(1_500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(3),
        Duration.ofSeconds(5),
    };

    private final MeterRegistry registry;
    private final Timer inspection;

    StationMeters(MeterRegistry registry, Station station, LiveFeed feed) {
        this.registry = registry;
        this.inspection = Timer.builder("goshawk.inspection")
                .description("Trigger to verdict of the parts that were looked at")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        // Known from the start, so that a rate is 0 and not absent before the first reject.
        List.of("PASS", "REJECT", "REVIEW", "NOT_INSPECTED").forEach(this::verdicts);
        List.of(Cause.values()).forEach(this::notInspected);
        FunctionCounter.builder("goshawk.records", feed, LiveFeed::records)
                .description("Inspections found in the store since the start")
                .register(registry);
        counter(station, "goshawk.triggers", "Parts that were announced", Snapshot::triggers);
        counter(station, "goshawk.triggers.missed", "Triggers without a picture", Snapshot::missed);
        counter(station, "goshawk.triggers.overrun", "Triggers while all frames were in use", Snapshot::overruns);
        counter(station, "goshawk.alarms", "Triggers that could not be recorded", Snapshot::alarms);
        gauge(
                "goshawk.outbox.depth",
                "Records that wait to be published",
                feed,
                it -> it.report().outbox());
        Gauge.builder("goshawk.disk.free", feed, it -> it.report().diskFreeBytes())
                .description("Room for pictures")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("goshawk.line.beat.age", station, it -> seconds(it.state().sinceBeat()))
                .description("Since the line's thread last gave a sign of life")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("goshawk.takt", station, it -> seconds(it.state().takt()))
                .description("Time a part has from trigger to gate")
                .baseUnit("seconds")
                .register(registry);
        gauge(
                "goshawk.line.running",
                "1 while the line runs",
                station,
                it -> it.state().line() == LineState.RUNNING ? 1 : 0);
        CameraMeters.register(registry, station);
        if (station.prefixes().isPresent()) {
            prefixes(station);
        }
        station.state().quality().keySet().forEach(view -> pictures(station, view));
        if (station.state().engine().isPresent()) {
            engine(station);
        }
    }

    private void prefixes(Station station) {
        prefixCounter(station, "hits", "Beginnings of conversations that were kept", PrefixCounters.Snapshot::hits);
        prefixCounter(station, "misses", "Beginnings that had to be read", PrefixCounters.Snapshot::misses);
        prefixCounter(station, "evictions", "Beginnings dropped to make room", PrefixCounters.Snapshot::evictions);
        Gauge.builder("goshawk.prefix.cache", station, it -> of(it, PrefixCounters.Snapshot::bytes))
                .description("Keys and values of beginnings that are kept")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("goshawk.prefix.cache.limit", station, it -> of(it, PrefixCounters.Snapshot::mostBytes))
                .description("As many bytes of them may be kept")
                .baseUnit("bytes")
                .register(registry);
    }

    /** Of the measures that the recipe bounds; NaN before the commissioning is over. */
    private void pictures(Station station, String view) {
        Tags tags = view.equals(Views.ONLY) ? Tags.empty() : Tags.of("view", view);
        Gauge.builder(
                        "goshawk.picture.commissioning",
                        station,
                        it -> quality(it, view).map(QualityState::commissioning).orElse(0))
                .description("Good pictures that the commissioning still takes")
                .tags(tags)
                .register(registry);
        for (Measure measure : Measure.values()) {
            Gauge.builder(
                            "goshawk.picture.quality",
                            station,
                            it -> quality(it, view)
                                    .map(QualityState::recent)
                                    .map(recent -> recent.get(measure))
                                    .orElse(Double.NaN))
                    .description("How pictures are of late, in the measure's own unit")
                    .tags(tags.and("measure", measure.key()))
                    .register(registry);
            Gauge.builder(
                            "goshawk.picture.alarm",
                            station,
                            it -> quality(it, view)
                                    .filter(state -> state.alarms().containsKey(measure))
                                    .map(_ -> 1.0)
                                    .orElse(0.0))
                    .description("1 while pictures are half of the way to the recipe's bound")
                    .tags(tags.and("measure", measure.key()))
                    .register(registry);
        }
    }

    private static Optional<QualityState> quality(Station station, String view) {
        return Optional.ofNullable(station.state().quality().get(view));
    }

    /** Of a model with a process of its own. */
    private void engine(Station station) {
        gauge(
                "goshawk.engine.ready",
                "1 while the engine process answers",
                station,
                it -> engine(it, state -> state.condition() == EngineState.Condition.READY ? 1 : 0));
        FunctionCounter.builder("goshawk.engine.restarts", station, it -> engine(it, EngineState::restarts))
                .description("Times that the engine process was lost")
                .register(registry);
        Gauge.builder("goshawk.engine.memory", station, it -> engine(it, EngineState::memoryBytes))
                .description("Resident memory of the engine process")
                .baseUnit("bytes")
                .register(registry);
    }

    private void prefixCounter(
            Station station, String what, String description, ToDoubleFunction<PrefixCounters.Snapshot> value) {
        FunctionCounter.builder("goshawk.prefix.cache." + what, station, it -> of(it, value))
                .description(description)
                .register(registry);
    }

    private static double of(Station station, ToDoubleFunction<PrefixCounters.Snapshot> value) {
        return station.prefixes().map(value::applyAsDouble).orElse(Double.NaN);
    }

    private static double engine(Station station, ToDoubleFunction<EngineState> value) {
        return station.state().engine().map(value::applyAsDouble).orElse(0.0);
    }

    @Override
    public void recorded(RecordedInspection recorded) {
        verdicts(recorded.record().verdict().code()).increment();
        if (recorded.record().verdict() instanceof Verdict.NotInspected(var cause, var _)) {
            notInspected(cause).increment();
        }
        if (recorded.record().inspection() instanceof Inspection.Completed completed) {
            inspection.record(recorded.record().took());
            completed
                    .second()
                    .ifPresent(second -> secondOpinions(second.state()).increment());
            // Defect codes come from the recipe: there are as many series as it has codes.
            completed.findings().stream()
                    .map(Finding::defect)
                    .distinct()
                    .forEach(defect -> defects(defect).increment());
        }
    }

    @Override
    public void reported(StationReport report) {
        // The gauges ask when they are read.
    }

    private Counter verdicts(String verdict) {
        return Counter.builder("goshawk.verdicts")
                .description("Inspections by verdict")
                .tag("verdict", verdict)
                .register(registry);
    }

    private Counter notInspected(Cause cause) {
        return Counter.builder("goshawk.not.inspected")
                .description("Parts that nobody looked at, by why: QUALITY are pictures too poor, PARTIAL too short")
                .tag("cause", cause.name())
                .register(registry);
    }

    private Counter secondOpinions(SecondOpinion.State state) {
        return Counter.builder("goshawk.second.opinions")
                .description("Parts about which another model was to be asked, by what came of it")
                .tag("state", state.name())
                .register(registry);
    }

    private Counter defects(String defect) {
        return Counter.builder("goshawk.defects")
                .description("Parts on which a defect was found")
                .tag("defect", defect)
                .register(registry);
    }

    private void counter(Station station, String name, String description, ToDoubleFunction<Snapshot> value) {
        FunctionCounter.builder(
                        name, station, it -> value.applyAsDouble(it.state().counters()))
                .description(description)
                .register(registry);
    }

    private <T> void gauge(String name, String description, T of, ToDoubleFunction<T> value) {
        Gauge.builder(name, of, value).description(description).register(registry);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}

package goshawk.appliance.checkup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.checkup.CheckList.Triggering;
import goshawk.appliance.checkup.Measured.OfCamera;
import goshawk.appliance.checkup.Measured.OfView;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.QualityBounds.Range;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.View;
import goshawk.camera.CameraState;
import goshawk.camera.CameraState.Condition;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.DeviceStamp;
import goshawk.camera.FrameSource;
import goshawk.camera.FrameStamp;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.Matching;
import goshawk.camera.PictureQuality;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.camera.Signals;
import goshawk.camera.SourceReport;
import goshawk.camera.Views;
import goshawk.camera.aravis.LinkCheck;
import goshawk.camera.aravis.StreamCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is measured of a camera, and what that comes to: each bound just inside and just outside. */
class CheckListTest {

    private static final Recipe RECIPE = RecipeDraft.of(640, 480, Map.of("plate", new Region(0, 0, 640, 480)))
            .asking(Prompts.of("p", "?", List.of("d"), List.of("plate"), Severity.MINOR, 0.5, 0.2))
            .within(Duration.ofMillis(800))
            .recipe();

    private static final StreamCounters WHOLE = new StreamCounters(1_000, 0, 0, 0, 0, 0, 0, 0, 1_000_000);

    /** Of a camera that loses nothing: ten pictures a second, one in eight triggered. */
    private static Measured good(SourceReport after) {
        return measured(after, Map.of(), "", Map.of("640×480", 75L), even(100), 0.2);
    }

    private static Measured measured(
            SourceReport after,
            Map<Cause, Long> misses,
            String detail,
            Map<String, Long> sizes,
            Optional<Spread> intervals,
            double cores) {
        return measured(
                misses,
                detail,
                cores,
                new OfCamera(600, intervals, intervals, SourceReport.NONE, after),
                new OfView(0, "", sizes, even(12), List.of()));
    }

    private static Measured measured(
            Map<Cause, Long> misses, String detail, double cores, OfCamera camera, OfView view) {
        return new Measured(
                Duration.ofSeconds(60),
                75,
                misses,
                detail,
                even(800),
                cores,
                new LinkedHashMap<>(Map.of(Views.ONLY, camera)),
                new LinkedHashMap<>(Map.of(Views.ONLY, view)));
    }

    private static Optional<Spread> even(long millis) {
        return Optional.of(Spread.of(
                LongStream.generate(() -> millis * 1_000_000).limit(200).toArray()));
    }

    private static SourceReport connected(StreamCounters stream) {
        return new SourceReport(
                Optional.of(new CameraState(Condition.CONNECTED, "", 600, 1, 0, 0, 0)),
                Optional.of(new LiveFrameSource.Counts(75, 525, 0)),
                Optional.empty(),
                Optional.of(stream),
                Optional.empty());
    }

    private static Check named(List<Check> checks, String name) {
        return checks.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
    }

    private static List<Check> all(Measured measured, Triggering triggering) {
        List<Check> checks = new ArrayList<>(CheckList.station(measured, triggering));
        OfCamera camera = measured.cameras().firstEntry().getValue();
        checks.addAll(CheckList.camera(camera, measured.time(), RECIPE.takt(), triggering));
        checks.addAll(CheckList.view(measured.view(Views.ONLY), measured.all(), RECIPE.only(), RECIPE.takt()));
        return checks;
    }

    private static Check of(Measured measured, Triggering triggering, String name) {
        return named(all(measured, triggering), name);
    }

    /** A camera of which only the arrivals are looked at. */
    private static final class Arriving implements FrameSource {

        private Consumer<FrameStamp> arrivals = _ -> {};

        @Override
        public void listen(Consumer<FrameStamp> to) {
            arrivals = to;
        }

        @Override
        public Optional<Capture> next() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    @Test
    void aClockThatIsSetWhileItIsWatchedIsNoPause() {
        try (var camera = new Arriving()) {
            var observation = new Observation(camera, List.of(Views.ONLY));
            for (int i = 0; i < 20; i++) {
                long taken = i * 100_000_000L;
                long set = i < 10 ? 0 : 1_790_000_000_000_000_000L;
                camera.arrivals.accept(new FrameStamp(taken, Optional.of(new DeviceStamp(i, taken + set))));
            }
            OfCamera seen = observation.measured().cameras().firstEntry().getValue();
            assertThat(seen.exposures().orElseThrow().words()).isEqualTo("P50 100.0 ms, longest 100.0 ms, of 19");
        }
    }

    @Test
    void aCameraThatLosesNothingPasses() {
        assertThat(all(good(connected(WHOLE)), new Triggering.Free()))
                .allSatisfy(
                        check -> assertThat(check.result()).as(check.toString()).isEqualTo(Result.OK))
                .extracting(Check::name)
                .containsExactly(
                        "triggers",
                        "processor",
                        "connection",
                        "pictures lost",
                        "picture rate",
                        "exposures",
                        "arrivals",
                        "picture size",
                        "trigger to picture");
    }

    @ParameterizedTest
    @CsvSource({"1,0,0,0", "0,1,0,0", "0,0,1,0", "0,0,0,1"})
    void anythingLostFails(long incomplete, long lost, long underruns, long missingPackets) {
        var stream = new StreamCounters(999, incomplete, lost, 0, 0, underruns, 0, missingPackets, 1);
        Check check = of(good(connected(stream)), new Triggering.Free(), "pictures lost");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.remedy()).contains("GevSCPD");
    }

    @Test
    void whatHadToBeSentAgainWarns() {
        var stream = new StreamCounters(1_000, 0, 0, 0, 0, 0, 3, 0, 1);
        assertThat(of(good(connected(stream)), new Triggering.Free(), "pictures lost")
                        .result())
                .isEqualTo(Result.WARN);
    }

    @Test
    void whatWasLostBeforeTheWatchDoesNotCount() {
        var stream = new StreamCounters(1_000, 4, 5, 0, 0, 0, 0, 6, 1);
        SourceReport before = connected(new StreamCounters(10, 4, 5, 0, 0, 0, 0, 6, 0));
        var camera = new OfCamera(600, even(100), even(100), before, connected(stream));
        Measured measured =
                measured(Map.of(), "", 0.2, camera, new OfView(0, "", Map.of("640×480", 75L), even(12), List.of()));
        assertThat(of(measured, new Triggering.Free(), "pictures lost").result())
                .isEqualTo(Result.OK);
    }

    @Test
    void aCameraWithoutNumbersIsNotSaidToLoseNothing() {
        var rtsp = new SourceReport(
                connected(WHOLE).connection(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
        assertThat(of(good(rtsp), new Triggering.Free(), "pictures lost").result())
                .isEqualTo(Result.NONE);
    }

    @Test
    void aTriggerWithoutAPictureFailsAndSaysWhy() {
        Measured measured = measured(
                connected(WHOLE),
                Map.of(Cause.NO_FRAME, 2L),
                "no picture within 2000 ms of camera 7",
                Map.of("640×480", 75L),
                even(100),
                0.2);
        Check check = of(measured, new Triggering.Free(), "triggers");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.measured())
                .isEqualTo(
                        "77 triggers, 2 without a picture (NO_FRAME 2), mostly: no picture within 2000 ms of camera 7");
        assertThat(check.remedy()).contains("'within' of the station's trigger");
    }

    @Test
    void aViewThatIsMissingFailsAndSaysWhyAndOneThatIsNotDoesNot() {
        var front = new View("front", 640, 480, new PixelScale(90), Optional.empty(), Optional.empty());
        var seen = new OfView(2, "view front: no picture", Map.of("640×480", 75L), even(12), List.of());
        Check check = named(CheckList.view(seen, 77, front, RECIPE.takt()), "missing");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.measured()).isEqualTo("2 of 77 triggers without this view, mostly: view front: no picture");
        var always = new OfView(0, "", Map.of("640×480", 77L), even(12), List.of());
        assertThat(named(CheckList.view(always, 77, front, RECIPE.takt()), "missing")
                        .result())
                .isEqualTo(Result.OK);
        var never = new OfView(77, "", Map.of(), Optional.empty(), List.of());
        assertThat(CheckList.view(never, 77, front, RECIPE.takt()))
                .extracting(Check::name, Check::result)
                .containsExactly(tuple("missing", Result.FAIL), tuple("picture size", Result.NONE));
    }

    @Test
    void aPictureOfAnotherSizeFails() {
        Measured measured =
                measured(connected(WHOLE), Map.of(), "", Map.of("640×480", 74L, "64×48", 1L), even(100), 0.2);
        assertThat(of(measured, new Triggering.Free(), "picture size").result()).isEqualTo(Result.FAIL);
    }

    @Test
    void unevenPicturesWarn() {
        long[] nanos = LongStream.generate(() -> 10_000_000).limit(200).toArray();
        nanos[3] = 15_100_000;
        nanos[90] = 15_100_000;
        nanos[130] = 15_100_000;
        Measured measured =
                measured(connected(WHOLE), Map.of(), "", Map.of("640×480", 75L), Optional.of(Spread.of(nanos)), 0.2);
        Check exposures = of(measured, new Triggering.Free(), "exposures");
        assertThat(exposures.result()).isEqualTo(Result.WARN);
        assertThat(exposures.measured())
                .isEqualTo("P50 10.0 ms, P99 15.1 ms, longest 15.1 ms, of 200, by the camera's clock");
        assertThat(of(measured, new Triggering.Free(), "arrivals").remedy()).startsWith("see 'exposures' first");
    }

    @Test
    void ofAFewTimesTheLongestIsToldAndNoPercentile() {
        assertThat(Spread.of(new long[] {9_000_000, 8_990_000, 40_600_000}).words())
                .isEqualTo("P50 9.00 ms, longest 40.6 ms, of 3");
    }

    @ParameterizedTest
    @CsvSource({"0.5,OK", "0.51,WARN", "1.0,WARN", "1.01,FAIL"})
    void theProcessorHasItsBounds(double cores, Result result) {
        Measured measured = measured(connected(WHOLE), Map.of(), "", Map.of("640×480", 75L), even(100), cores);
        assertThat(of(measured, new Triggering.Free(), "processor").result()).isEqualTo(result);
    }

    @ParameterizedTest
    @CsvSource({"199,199,OK", "200,200,FAIL"})
    void partsThatCannotBeToldApartFail(long before, long after, Result result) {
        var matching = new Matching.ByTime(
                Duration.ofMillis(before), Duration.ofMillis(after), Duration.ZERO, Duration.ofSeconds(2));
        Check check = of(good(connected(WHOLE)), new Triggering.ByParts(matching, false), "trigger interval");
        assertThat(check.result()).isEqualTo(result);
        assertThat(check.measured()).startsWith("shortest 800.0 ms, P50 800.0 ms, P99 800.0 ms");
    }

    @Test
    void aNumberThatWasLeftOutFails() {
        var report = new SourceReport(
                connected(WHOLE).connection(),
                Optional.empty(),
                Optional.of(new Signals.Counts(70, 3, 2, 1, 0)),
                Optional.empty(),
                Optional.empty());
        var first = new Matching.FirstAfter(Duration.ofSeconds(2));
        Check check = of(good(report), new Triggering.ByParts(first, true), "signals");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.measured()).isEqualTo("70 accepted, 3 debounced, 2 repeated, 1 missed by their number");
    }

    @Test
    void aLostCameraFails() {
        var report = new SourceReport(
                Optional.of(new CameraState(Condition.LOST, "cable", 600, 2, 0, 1, 0)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        Check check = of(good(report), new Triggering.Free(), "connection");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.measured()).isEqualTo("lost; losses 1, stalls 0: cable");
    }

    @Test
    void aPartialPictureOfLinesFails() {
        SourceReport report = SourceReport.of(new SourceReport.Lines(74, 1, 12, 30, 2));
        Check check = of(good(report), new Triggering.Own(), "lines");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.measured())
                .isEqualTo("74 pictures, 1 partial; 12 lines lost, 30 seen again, the belt ran back 2 times");
    }

    @ParameterizedTest
    @CsvSource({"1500,1500,OK", "1501,1500,FAIL", "1500,9000,WARN", "8960,9000,OK"})
    void packetsAreToFitAndToBeLarge(int packet, int mtu, Result result) {
        var link = new LinkCheck(1_000_000, Optional.of(packet), Optional.of(mtu), Optional.of(4_194_304));
        assertThat(named(CheckList.link(link, Optional.of(4_194_304), false), "packet size")
                        .result())
                .isEqualTo(result);
    }

    @ParameterizedTest
    @CsvSource({"2000000,false,OK", "1999999,false,WARN", "999999,false,FAIL", "999999,true,WARN"})
    void theKernelIsToGrantTheBuffer(int granted, boolean readsRing, Result result) {
        var link = new LinkCheck(1_000_000, Optional.of(1_500), Optional.of(1_500), Optional.of(212_992));
        Check check = named(CheckList.link(link, Optional.of(granted), readsRing), "socket buffer");
        assertThat(check.result()).isEqualTo(result);
        if (result != Result.OK) {
            assertThat(check.remedy()).startsWith("sysctl -w net.core.rmem_max=2000000");
        }
    }

    @Test
    void picturesBeyondABoundFailUnlessTheyAreRare() {
        var bounds = new QualityBounds(Map.of(Measure.BLUR, Range.atMost(2.5)));
        var sharp = new PictureQuality(1.5, 2, 100, 90, 0, 0, 0);
        var blurred = new PictureQuality(2.6, 2, 100, 90, 0, 0, 0);
        assertThat(named(QualityChecks.of(Collections.nCopies(200, sharp), Optional.of(bounds)), "blurPx")
                        .result())
                .isEqualTo(Result.OK);
        List<PictureQuality> one = new ArrayList<>(Collections.nCopies(199, sharp));
        one.add(blurred);
        assertThat(named(QualityChecks.of(one, Optional.of(bounds)), "blurPx").result())
                .isEqualTo(Result.WARN);
        one.addAll(List.of(blurred, blurred));
        Check check = named(QualityChecks.of(one, Optional.of(bounds)), "blurPx");
        assertThat(check.result()).isEqualTo(Result.FAIL);
        assertThat(check.bound()).isEqualTo("at most 2.50 px; beyond it were 3");
        assertThat(named(QualityChecks.of(one, Optional.empty()), "picture quality")
                        .result())
                .isEqualTo(Result.WARN);
    }
}

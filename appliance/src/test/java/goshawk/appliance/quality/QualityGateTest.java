package goshawk.appliance.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.QualityBounds.Range;
import goshawk.appliance.domain.QualityState;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Timings;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.Region;
import goshawk.camera.Views;
import goshawk.camera.quality.DirtMap;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QualityGateTest {

    private static final int WIDTH = BracketRenderer.WIDTH;
    private static final int HEIGHT = BracketRenderer.HEIGHT;
    private static final QualityBounds BOUNDS = new QualityBounds(Map.of(
            Measure.BLUR, Range.atMost(2.6),
            Measure.BRIGHTNESS, new Range(40, 200),
            Measure.CLIPPED, Range.atMost(0.12),
            Measure.DIRT, Range.atMost(0.3)));
    private static final Recipe RECIPE = RecipeDraft.of(WIDTH, HEIGHT, Map.of("plate", new Region(64, 64, 576, 416)))
            .asking(Prompts.of(
                    "scratch", "Is it scratched?", List.of("scratch"), List.of("plate"), Severity.MINOR, 0.5, 0.2))
            .seenWith(BOUNDS)
            .recipe();
    private static final Inspection.Completed SEEN = new Inspection.Completed(
            List.of(),
            List.of(),
            new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO));

    @TempDir
    Path data;

    private int asked;

    @Test
    void aGoodPictureIsJudgedAndAPoorOneIsNot() {
        try (Inspector gate = QualityGate.before(new Model(), RECIPE, Map.of())) {
            assertThat(inspect(gate, part(0))).isSameAs(SEEN);
            assertThatThrownBy(() -> inspect(gate, dark(part(1), 0.2)))
                    .isInstanceOfSatisfying(
                            InspectionException.class,
                            it -> assertThat(it.reason()).isEqualTo(Cause.QUALITY))
                    .hasMessageMatching(
                            "the picture is too poor: .*brightness is \\d+\\.\\d\\d levels, at least 40.00 levels is allowed.*");
        }
        assertThat(asked).as("pictures that the model saw").isEqualTo(1);
    }

    @Test
    void aPictureOfAnotherSizeIsTheInspectorsToRefuse() {
        try (Inspector gate = QualityGate.before(new Model(), RECIPE, Map.of());
                Frame small = Frame.of(8, 8, new byte[8 * 8 * 3])) {
            gate.inspect(small, Deadline.of(0, Duration.ofDays(1), () -> 0));
        }
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void withoutBoundsThereIsNoGate() {
        Recipe recipe = RecipeDraft.of(WIDTH, HEIGHT, RECIPE.regions())
                .asking(RECIPE.prompts())
                .recipe();
        var model = new Model();
        assertThat(QualityGate.before(model, recipe, Map.of())).isSameAs(model);
    }

    @Test
    void slowDriftRaisesAnAlarmBeforeAPartIsLostAndACleanLensEndsIt() throws IOException {
        var watch = open();
        assertThat(watch.state().commissioning()).isEqualTo(DirtMap.COMMISSIONING);
        try (Inspector gate = QualityGate.before(new Model(), RECIPE, Map.of(Views.ONLY, watch))) {
            for (int i = 0; i < DirtMap.COMMISSIONING; i++) {
                inspect(gate, part(i));
            }
            assertThat(watch.state().commissioning()).isZero();
            assertThat(Files.exists(data.resolve("pictures-of-bracket.json"))).isTrue();

            int lost = 0;
            int alarmAt = -1;
            for (int i = 0; i < 150 && lost == 0; i++) { // a lamp that fades
                try {
                    inspect(gate, dark(part(i), 1 - i / 170.0));
                } catch (InspectionException e) {
                    lost = i;
                }
                if (alarmAt < 0 && !watch.state().alarms().isEmpty()) {
                    alarmAt = i;
                }
            }
            assertThat(lost).as("it did cost parts in the end").isPositive();
            assertThat(alarmAt).as("the alarm came first").isBetween(1, lost - 10);
            assertThat(watch.state().alarms().get(Measure.BRIGHTNESS))
                    .contains("brightness has gone from", "at 40.0 pictures are no longer judged; look at lamps");

            for (int i = 0; i < 80; i++) {
                inspect(gate, part(i));
            }
            assertThat(watch.state().alarms()).as("a new lamp").isEmpty();
        }
    }

    @Test
    void goodPicturesRaiseNoAlarm() {
        var watch = open();
        try (Inspector gate = QualityGate.before(new Model(), RECIPE, Map.of(Views.ONLY, watch))) {
            for (int i = 0; i < DirtMap.COMMISSIONING + 150; i++) {
                inspect(gate, part(i));
                assertThat(watch.state().alarms()).as("after part %d", i).isEmpty();
            }
        }
        assertThat(watch.state().recent().get(Measure.BLUR)).isBetween(1.0, 2.0);
    }

    @Test
    void dirtIsAnAlarmFirstAndThenNoPictureIsJudgedUntilTheLensIsClean() {
        var watch = open();
        try (Inspector gate = QualityGate.before(new Model(), RECIPE, Map.of(Views.ONLY, watch))) {
            for (int i = 0; i < DirtMap.COMMISSIONING; i++) {
                inspect(gate, part(i));
            }
        }
        var restarted = open();
        assertThat(restarted.state().commissioning()).as("it remembers").isZero();
        int judged = 0;
        boolean wasAlarmed = false;
        String refusal = "";
        try (Inspector gate = QualityGate.before(new Model(), RECIPE, Map.of(Views.ONLY, restarted))) {
            for (int i = 0; i < 200 && refusal.isEmpty(); i++) {
                try {
                    inspect(gate, spotted(part(100 + i), 320, 240, 25, 0.6));
                    judged++;
                } catch (InspectionException e) {
                    refusal = String.valueOf(e.getMessage());
                    wasAlarmed = restarted.state().alarms().containsKey(Measure.DIRT);
                }
            }
        }
        assertThat(judged).as("nobody knows at once").isGreaterThan(20);
        assertThat(refusal).contains("dirt is 0.", "at most 0.300 is allowed");
        assertThat(wasAlarmed || restarted.state().recent().containsKey(Measure.DIRT))
                .isTrue();
    }

    @Test
    void aDamagedFileIsNoReasonNotToStart() throws IOException {
        Files.writeString(data.resolve("pictures-of-bracket.json"), "{\"format\": 1, \"cells\": {}}");
        assertThat(open().state()).isEqualTo(new QualityState(DirtMap.COMMISSIONING, Map.of(), Map.of()));
    }

    private QualityWatch open() {
        return QualityWatch.open(data, RECIPE.id(), RECIPE.only(), BOUNDS, InstantSource.fixed(Instant.EPOCH));
    }

    private static Inspection.Completed inspect(Inspector gate, byte[] rgb) {
        try (Frame frame = Frame.of(WIDTH, HEIGHT, rgb)) {
            return gate.inspect(frame, Deadline.of(0, Duration.ofDays(1), () -> 0));
        }
    }

    private static byte[] part(int index) {
        return BracketRenderer.render(5, index, RenderOptions.USUAL).rgb();
    }

    private static byte[] dark(byte[] rgb, double share) {
        byte[] out = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            out[i] = (byte) Math.round((rgb[i] & 0xff) * share);
        }
        return out;
    }

    private static byte[] spotted(byte[] rgb, int centreX, int centreY, double radius, double depth) {
        byte[] out = rgb.clone();
        int reach = (int) (3 * radius);
        for (int y = centreY - reach; y < centreY + reach; y++) {
            for (int x = centreX - reach; x < centreX + reach; x++) {
                double off = Math.hypot(x - centreX, y - centreY);
                double keep = 1 - depth * Math.exp(-off * off / (radius * radius));
                for (int at = (y * WIDTH + x) * 3; at < (y * WIDTH + x) * 3 + 3; at++) {
                    out[at] = (byte) Math.round((rgb[at] & 0xff) * keep);
                }
            }
        }
        return out;
    }

    /** Says the same of every picture. */
    private final class Model implements Inspector {

        @Override
        public Inspection.Completed inspect(Views views, Deadline deadline) {
            asked++;
            return SEEN;
        }

        @Override
        public void close() {}
    }
}

package goshawk.appliance.pose;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Pose;
import goshawk.camera.Frame;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.PartKind;
import goshawk.camera.sim.PartPose;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * How well parts of all kinds are found, on as many as asked for:
 *
 * <pre>mvn -pl appliance -am -Dtest=BoreLocatorMeasurement -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dgoshawk.measure.parts=640 test</pre>
 */
@EnabledIfSystemProperty(named = "goshawk.measure.parts", matches = "\\d+")
class BoreLocatorMeasurement {

    private static final long SEED = 99_100;
    private static final double MM_PER_PIXEL = 0.09;

    @Test
    void partsThatNothingHidesAreFoundToATenthOfAMillimetre() {
        int parts = Integer.getInteger("goshawk.measure.parts", 640);
        List<Double> offMm = new ArrayList<>();
        List<Double> offDegrees = new ArrayList<>();
        List<Double> tookMs = new ArrayList<>();
        int lost = 0;
        int hidden = 0;
        try (var locator = ViewLocator.of(BoreLocatorTest.bracket())) {
            for (int i = 0; i < parts; i++) {
                SimulatedPart part = BracketRenderer.render(SEED, i, RenderOptions.USUAL);
                PartPose truth = part.truth().pose();
                try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
                    long start = System.nanoTime();
                    Pose pose = locator.locate(frame);
                    tookMs.add((System.nanoTime() - start) / 1e6);
                    offMm.add(Math.hypot(
                            pose.dxPx() * MM_PER_PIXEL - truth.dxMm(), pose.dyPx() * MM_PER_PIXEL - truth.dyMm()));
                    offDegrees.add(Math.abs(pose.degrees() - truth.degrees()));
                } catch (InspectionException e) {
                    if (part.truth().kind() == PartKind.OBSCURED) {
                        hidden++;
                    } else {
                        lost++;
                    }
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%d parts, %d not found, %d obscured not found%n  mm %s%n  degrees %s%n  ms %s%n",
                parts,
                lost,
                hidden,
                percentiles(offMm),
                percentiles(offDegrees),
                percentiles(tookMs));
        assertThat(lost).isLessThanOrEqualTo(parts / 1_000);
        assertThat(offMm.get(offMm.size() * 95 / 100)).isLessThan(0.1);
        assertThat(offDegrees.get(offDegrees.size() * 95 / 100)).isLessThan(0.2);
    }

    /** Sorts the values. */
    private static String percentiles(List<Double> values) {
        Collections.sort(values);
        return String.format(
                Locale.ROOT,
                "P50 %.3f, P95 %.3f, P99 %.3f, most %.3f",
                values.get(values.size() / 2),
                values.get(values.size() * 95 / 100),
                values.get(values.size() * 99 / 100),
                values.getLast());
    }
}

package goshawk.appliance.pose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Qualification;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PixelScale;
import goshawk.camera.Views;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.PartPose;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedLight;
import goshawk.camera.sim.SimulatedPart;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

/** A part in several views: found in one, the same in another of the same camera, in its place in a third. */
class ViewLocatorTest {

    private static final PixelScale SCALE = new PixelScale(90);

    private static Recipe recipe() {
        Recipe one = BoreLocatorTest.bracket();
        return new Recipe(
                one.id(),
                one.version(),
                one.partNumber(),
                List.of(
                        new View("dark", 640, 480, SCALE, Optional.empty(), Optional.of("bright"), Optional.empty()),
                        new View("bright", 640, 480, SCALE, one.only().pose(), Optional.empty()),
                        new View("side", 32, 16, SCALE, Optional.empty(), Optional.empty())),
                one.regions(),
                one.regions().keySet().stream().collect(java.util.stream.Collectors.toMap(name -> name, _ -> "bright")),
                one.prompts(),
                one.takt(),
                one.retention(),
                Map.of(),
                Map.of(),
                List.of(),
                Qualification.NONE);
    }

    private static Views views(byte[] bright, byte[] dark) {
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        frames.put("bright", Frame.of(640, 480, bright));
        frames.put("dark", Frame.of(640, 480, dark));
        frames.put("side", Frame.of(32, 16, new byte[32 * 16 * 3]));
        return Views.of(frames);
    }

    @Test
    void aLightOfTheSameCameraTakesThePoseThatWasFound() {
        SimulatedPart bright = BracketRenderer.render(3, 5, RenderOptions.USUAL);
        SimulatedPart dark = BracketRenderer.under(SimulatedLight.DARK, 3, 5, RenderOptions.USUAL, 0);
        try (var locator = ViewLocator.of(recipe());
                Views views = views(bright.rgb(), dark.rgb())) {
            Poses poses = locator.locate(views);
            PartPose truth = bright.truth().pose();
            assertThat(Math.abs(poses.in("bright").dxPx() - truth.dxMm() / 0.09))
                    .isLessThan(3);
            assertThat(Math.abs(poses.in("bright").degrees() - truth.degrees())).isLessThan(0.6);
            assertThat(poses.in("dark")).isEqualTo(poses.in("bright"));
            assertThat(poses.in("side")).isEqualTo(Pose.nominal(32, 16));
        }
    }

    @Test
    void aPartThatIsNotFoundIsSaidOfItsView() {
        try (var locator = ViewLocator.of(recipe());
                Views views = views(new byte[640 * 480 * 3], new byte[640 * 480 * 3])) {
            assertThatThrownBy(() -> locator.locate(views))
                    .isInstanceOfSatisfying(
                            InspectionException.class,
                            it -> assertThat(it.reason()).isEqualTo(Cause.POSE))
                    .hasMessageStartingWith("view bright: part not found");
        }
    }
}

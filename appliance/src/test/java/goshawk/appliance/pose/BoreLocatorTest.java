package goshawk.appliance.pose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.PoseReference;
import goshawk.appliance.domain.PoseReference.Feature;
import goshawk.appliance.domain.PoseReference.Outline;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.PartPose;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On rendered parts, whose pose is known. */
class BoreLocatorTest {

    private static final PixelScale SCALE = new PixelScale(90);
    private static final Feature A = new Feature("datum-a", new Point(220, 195.556), 5);
    private static final Feature B = new Feature("datum-b", new Point(420, 195.556), 5);
    private static final Outline OUTLINE = new Outline(new Point(320, 240), 45, 30);

    private final PartLocator locator = ViewLocator.of(bracket());

    @AfterEach
    void close() {
        locator.close();
    }

    /** The pose reference of the shipped recipe. */
    static Recipe bracket() {
        return bracket(new PoseReference(List.of(A, B), Optional.of(OUTLINE), 2.2, 5.5));
    }

    private static Recipe bracket(PoseReference pose) {
        return bracket(Optional.of(pose));
    }

    private static Recipe bracket(Optional<PoseReference> pose) {
        return RecipeDraft.of(640, 480, Map.of("plate", new Region(64, 64, 576, 416)))
                .found(pose)
                .asking(Prompts.of("dent", "?", List.of("dent"), List.of("plate"), Severity.MINOR, 0.5, 0.2))
                .recipe();
    }

    private static SimulatedPart part(long seed, int index, String kinds) {
        return BracketRenderer.render(seed, index, new RenderOptions(KindMix.parse(kinds), true));
    }

    private static double offMm(Pose pose, PartPose truth) {
        return Math.hypot(
                SCALE.millimetresX(pose.dxPx()) - truth.dxMm(), SCALE.millimetresX(pose.dyPx()) - truth.dyMm());
    }

    private static double offDegrees(Pose pose, PartPose truth) {
        return Math.abs(pose.degrees() - truth.degrees());
    }

    /** Hides a bore of the part, or a side of it, under an irregular grey patch. */
    private static void cover(SimulatedPart part, Feature bore, double besidePx, Random random) {
        PartPose truth = part.truth().pose();
        var pose = new Pose(
                new Point(320, 240), SCALE.pixelsX(truth.dxMm()), SCALE.pixelsX(truth.dyMm()), truth.degrees());
        Point centre = pose.toActual(bore.centre());
        double direction = random.nextDouble(2 * Math.PI);
        double x0 = centre.x() + besidePx * Math.cos(direction);
        double y0 = centre.y() + besidePx * Math.sin(direction);
        int level = 60 + random.nextInt(150);
        for (int y = 0; y < part.height(); y++) {
            for (int x = 0; x < part.width(); x++) {
                double rim = 36 * (1 + 0.15 * Math.sin(3 * Math.atan2(y - y0, x - x0)));
                if (Math.hypot(x - x0, y - y0) < rim) {
                    int pixel = (y * part.width() + x) * 3;
                    Arrays.fill(part.rgb(), pixel, pixel + 3, (byte) (level + random.nextInt(20)));
                }
            }
        }
    }

    private Pose locate(SimulatedPart part) {
        try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
            return locator.locate(frame);
        }
    }

    private static void isNotFound(ThrowingCallable locating) {
        assertThatThrownBy(locating)
                .hasMessageStartingWith("part not found: ")
                .isInstanceOfSatisfying(
                        InspectionException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(Cause.POSE));
    }

    @Test
    void aPartIsFoundWhereItWasDrawnWhateverIsWrongWithIt() {
        String kinds = "good=8,missing_bolt=8,wrong_bolt=3,cross_threaded=3,scratch=3,crack=3,dent=3,bad_label=3";
        for (int i = 0; i < 34; i++) {
            SimulatedPart part = part(4711, i, kinds);
            Pose pose = locate(part);
            assertThat(offMm(pose, part.truth().pose())).as("mm, part %d", i).isLessThan(0.12);
            assertThat(offDegrees(pose, part.truth().pose()))
                    .as("degrees, part %d", i)
                    .isLessThan(0.25);
        }
    }

    @Test
    void aHalfCoveredBoreIsStillABore() {
        for (int i = 0; i < 8; i++) {
            SimulatedPart part = part(4712, i, "good=8");
            cover(part, i % 2 == 0 ? A : B, 34, new Random(i));
            Pose pose = locate(part);
            assertThat(offMm(pose, part.truth().pose())).as("mm, part %d", i).isLessThan(0.15);
            assertThat(offDegrees(pose, part.truth().pose()))
                    .as("degrees, part %d", i)
                    .isLessThan(0.5);
        }
    }

    @Test
    void theOutlineStandsInForACoveredBore() {
        for (int i = 0; i < 8; i++) {
            SimulatedPart part = part(4713, i, "good=8");
            cover(part, i % 2 == 0 ? A : B, 0, new Random(i));
            Pose pose = locate(part);
            assertThat(offMm(pose, part.truth().pose())).as("mm, part %d", i).isLessThan(0.25);
            assertThat(offDegrees(pose, part.truth().pose()))
                    .as("degrees, part %d", i)
                    .isLessThan(0.8);
        }
    }

    @Test
    void withoutAnOutlineOneBoreIsNotEnough() {
        try (var blind = ViewLocator.of(bracket(new PoseReference(List.of(A, B), Optional.empty(), 2.2, 5.5)))) {
            SimulatedPart part = part(4713, 0, "good=8");
            cover(part, A, 0, new Random(0));
            try (Frame frame = Frame.of(640, 480, part.rgb())) {
                isNotFound(() -> blind.locate(frame));
            }
        }
    }

    @Test
    void withBothBoresCoveredThePartIsNotFound() {
        for (int i = 0; i < 8; i++) {
            SimulatedPart part = part(4714, i, "good=8");
            cover(part, A, 0, new Random(i));
            cover(part, B, 0, new Random(i + 100));
            isNotFound(() -> locate(part));
        }
    }

    @Test
    void anEmptyOrNoisyPictureShowsNoPart() {
        byte[] picture = new byte[640 * 480 * 3];
        try (Frame frame = Frame.of(640, 480, picture)) {
            isNotFound(() -> locator.locate(frame));
        }
        new Random(5).nextBytes(picture);
        try (Frame frame = Frame.of(640, 480, picture)) {
            isNotFound(() -> locator.locate(frame));
        }
    }

    @Test
    void aPartOutsideTheToleranceIsRefusedWithItsPose() {
        var narrow = new PoseReference(List.of(A, B), Optional.of(OUTLINE), 0.3, 5.5);
        SimulatedPart part = part(77_001, 0, "good=2"); // lies 0.63 mm and 0.45 mm from its place
        try (var strict = ViewLocator.of(bracket(narrow));
                Frame frame = Frame.of(640, 480, part.rgb())) {
            assertThatThrownBy(() -> strict.locate(frame))
                    .hasMessageMatching("the part lies \\+0\\.[56]\\d mm, \\+0\\.[34]\\d mm, \\+[23]\\.\\d° "
                            + "from its place; recipe bracket allows ±0.3 mm, ±5.5°")
                    .isInstanceOfSatisfying(
                            InspectionException.class,
                            refusal -> assertThat(refusal.reason()).isEqualTo(Cause.POSE));
        }
    }

    @Test
    void aPictureOfAnotherSizeIsRefusedWithBothSizes() {
        try (Frame frame = Frame.of(320, 240, new byte[320 * 240 * 3])) {
            assertThatThrownBy(() -> locator.locate(frame))
                    .hasMessage("the picture is 320×240 pixels, recipe bracket is for 640×480")
                    .isInstanceOfSatisfying(
                            InspectionException.class,
                            refusal -> assertThat(refusal.reason()).isEqualTo(Cause.UNREADABLE));
        }
    }

    @Test
    void withoutAPoseReferenceThePartIsTakenToLieInItsPlace() {
        try (var trusting = ViewLocator.of(bracket(Optional.empty()));
                Frame frame = Frame.of(640, 480, new byte[640 * 480 * 3]);
                Frame small = Frame.of(320, 240, new byte[320 * 240 * 3])) {
            assertThat(trusting.locate(frame)).isEqualTo(new Pose(new Point(320, 240), 0, 0, 0));
            assertThatThrownBy(() -> trusting.locate(small))
                    .hasMessage("the picture is 320×240 pixels, recipe bracket is for 640×480");
        }
    }

    @Test
    void locatingLeavesNoNativeMemoryBehind() {
        SimulatedPart part = part(4715, 0, "good=1");
        SimulatedPart covered = part(4715, 0, "good=1");
        cover(covered, B, 0, new Random(1));
        locate(part);
        locate(covered);
        long before = Pointer.totalCount();
        for (int i = 0; i < 20; i++) {
            locate(part);
            locate(covered);
        }
        assertThat(before).as("pointers are counted").isPositive();
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }
}

package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.PartPose;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class BaselineInspectorTest {

    /** Few parts, so that the test is quick; the usual plan has more than ten times as many. */
    private static final BaselineInspector.Plan SMALL = new BaselineInspector.Plan(71, 14, 72, 14, 2, 2);

    /** Knows the pose of a rendered part because it was told: here the locator is not what is tested. */
    private static final class ToldLocator implements PartLocator {

        private static final Map<Integer, Pose> POSES = new HashMap<>();

        static synchronized SimulatedPart tell(SimulatedPart part) {
            PartPose truth = part.truth().pose();
            POSES.put(
                    Arrays.hashCode(part.rgb()),
                    new Pose(new Point(320, 240), truth.dxMm() / 0.09, truth.dyMm() / 0.09, truth.degrees()));
            return part;
        }

        private static synchronized Pose told(Frame frame) {
            byte[] rgb = Arrays.copyOf(frame.rgb(), frame.width() * frame.height() * 3);
            Pose pose = POSES.get(Arrays.hashCode(rgb));
            if (pose == null) {
                throw new InspectionException(Cause.POSE, "part not found");
            }
            return pose;
        }

        @Override
        public Poses locate(Views views) {
            return Poses.of(told(views.only()));
        }
    }

    private static JudgedPart judge(BaselineInspector inspector, SimulatedPart part) {
        try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
            return inspector.judge("part.png", frame, new ToldLocator());
        }
    }

    private static List<SimulatedPart> parts(long seed, int count, String kinds) {
        List<SimulatedPart> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(ToldLocator.tell(BracketRenderer.render(seed, i, new RenderOptions(KindMix.parse(kinds), true))));
        }
        return parts;
    }

    @Test
    void afterTuningOnOtherPartsItTellsMissingBoltsFromGoodParts() throws InterruptedException {
        parts(SMALL.goldenSeed(), SMALL.golden(), "good=1");
        parts(
                SMALL.tuneSeed(),
                SMALL.parts() - SMALL.golden(),
                "good=14,scratch=2,dent=2,bad_label=2,crack=2,wrong_bolt=2,cross_threaded=2,missing_bolt=2,obscured=2");
        List<Integer> progress = new ArrayList<>();
        BaselineInspector inspector = BaselineInspector.tuned(SMALL, ToldLocator::new, done -> {
            synchronized (progress) {
                progress.add(done);
            }
        });
        assertThat(progress).hasSize(SMALL.parts());

        double[] good = parts(73, 8, "good=1").stream()
                .mapToDouble(part -> judge(inspector, part).rank())
                .toArray();
        double[] missing = parts(73, 8, "missing_bolt=1").stream()
                .mapToDouble(part -> judge(inspector, part).rank())
                .toArray();
        assertThat(Comparison.falseCalls(missing, good, 0))
                .as(
                        "good parts that look as bad as a missing bolt: good %s, missing %s",
                        Arrays.toString(good), Arrays.toString(missing))
                .isLessThanOrEqualTo(1);

        SimulatedPart unknown = BracketRenderer.render(74, 0, RenderOptions.USUAL);
        assertThat(judge(inspector, unknown).call()).isEqualTo(Call.NOT_INSPECTED);

        SimulatedPart part = parts(75, 1, "good=1").getFirst();
        judge(inspector, part);
        long before = Pointer.totalCount();
        judge(inspector, part);
        assertThat(Pointer.totalCount()).as("native memory left behind").isEqualTo(before);
    }

    @Test
    void aRegressionFindsTheWeightsThatMadeItsData() {
        var random = new Random(1);
        List<double[]> rows = new ArrayList<>();
        boolean[] isTrue = new boolean[20_000];
        for (int i = 0; i < isTrue.length; i++) {
            double[] row = {random.nextGaussian(), random.nextGaussian()};
            rows.add(row);
            isTrue[i] = random.nextDouble() < 1 / (1 + Math.exp(-(2 * row[0] - row[1] - 0.5)));
        }
        var fitted = LogisticRegression.fit(rows, isTrue);
        for (double[] row : List.of(new double[] {0, 0}, new double[] {1, 0}, new double[] {0, 1})) {
            double truth = 1 / (1 + Math.exp(-(2 * row[0] - row[1] - 0.5)));
            assertThat(fitted.share(row)).isBetween(truth - 0.02, truth + 0.02);
        }
    }
}

package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class BuildPhasesTest {

    private final BuildPhases phases = new BuildPhases();

    @Test
    void aStepMayBePhasesItself() {
        phases.start("building", null, 4);
        assertThat(phases.share()).isZero();
        phases.stepDone("building", 0);
        assertThat(phases.share()).isEqualTo(0.25);
        phases.start("timing", "building", 10);
        phases.stepDone("timing", 4);
        assertThat(phases.share()).isCloseTo(0.375, within(1e-12));
        phases.start("one kernel", "timing", 2);
        phases.stepDone("one kernel", 0);
        assertThat(phases.share()).isCloseTo(0.3875, within(1e-12));
        phases.finish("one kernel");
        phases.finish("timing");
        assertThat(phases.share()).as("the step is done but not told yet").isEqualTo(0.5);
        phases.stepDone("building", 1);
        assertThat(phases.share()).isEqualTo(0.5);
        phases.finish("building");
        assertThat(phases.share()).isEqualTo(1);
    }

    @Test
    void itNeverGoesBack() {
        phases.start("first", null, 100);
        phases.stepDone("first", 49);
        assertThat(phases.share()).isEqualTo(0.5);
        phases.start("first", null, 1000);
        assertThat(phases.share()).isEqualTo(0.5);
    }

    @Test
    void whatALibraryTellsMayBeWrong() {
        phases.stepDone("never begun", 3);
        phases.finish("never begun");
        phases.start("empty", null, 0);
        phases.stepDone("empty", 7);
        assertThat(phases.share()).isEqualTo(1);

        var circle = new BuildPhases();
        circle.start("root", null, 2);
        circle.start("a", "b", 2);
        circle.start("b", "a", 2);
        circle.start("own", "own", 2);
        assertThat(circle.share()).isZero();
    }
}

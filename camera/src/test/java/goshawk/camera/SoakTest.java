package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import goshawk.camera.CameraSoak.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short soak; {@code camera/bench/soak.sh} does the long one, and looks at memory, too. */
class SoakTest {

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aCameraThatIsLostAgainAndAgainLeavesNoFileOpen(Kind kind) throws Exception {
        assumeTrue(
                kind == Kind.FOLDER || RtspServer.isInstalled(),
                "no RTSP server here, " + kind + " is not tested; ./camera/tools.sh rtsp installs it");
        var result = CameraSoak.run(kind, 100, 5);
        assertThat(result.frames()).isEqualTo(100);
        assertThat(result.recovery()).hasSize(5);
        assertThat(result.grownFiles()).isLessThanOrEqualTo(0);
    }
}

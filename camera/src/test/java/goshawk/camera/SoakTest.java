package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import goshawk.camera.CameraSoak.Kind;
import goshawk.camera.aravis.FakeGigECamera;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short soak; {@code camera/bench/soak.sh} does the long one, and looks at memory, too. */
class SoakTest {

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aCameraThatIsLostAgainAndAgainLeavesNoFileOpen(Kind kind) throws Exception {
        Optional<String> obstacle = switch (kind) {
            case RTSP_KILLED, RTSP_STALLED ->
                RtspServer.isInstalled()
                        ? Optional.empty()
                        : Optional.of(
                                "no RTSP server here, " + kind + " is not tested; ./camera/tools.sh rtsp installs it");
            case GENICAM_KILLED, GENICAM_STALLED -> FakeGigECamera.obstacle();
            case FOLDER -> Optional.empty();
        };
        assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
        var result = CameraSoak.run(kind, 100, 5);
        assertThat(result.frames()).isEqualTo(100);
        assertThat(result.recovery()).hasSize(5);
        assertThat(result.grownFiles()).isLessThanOrEqualTo(0);
    }
}

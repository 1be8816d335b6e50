package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.NativeCallException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a machine without a GPU. */
class EngineBuildCommandTest extends TypedCommands {

    @BeforeEach
    void noGpu() {
        try {
            abort("there is %s here".formatted(Device.open().words()));
        } catch (NativeCallException e) {
            assertThat(e.call()).isNotEmpty();
        }
    }

    @Test
    void whatWantsAGpuIsRefusedAndLeavesNothing() {
        assertThat(run("engine", "build", "--target", "TENSORRT", "--engines", dir))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("no GPU for TensorRT").contains("goshawk doctor");
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void elseTheCpusEngineIsBuilt() {
        assertThat(run("engine", "build", "--engines", dir)).as("%s", errors).isZero();
        assertThat(dir).isDirectoryContaining(path -> Files.exists(path.resolve("manifest.json")));
    }

    @Test
    void aStationThatWantsAGpuEngineIsToldHowToMakeOne() {
        var options = new ModelOptions();
        new picocli.CommandLine(new Options(options)).parseArgs("--target", "TENSORRT", "--engines", dir.toString());
        assertThatThrownBy(options::engine)
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("goshawk engine build");
    }

    @picocli.CommandLine.Command
    private record Options(@picocli.CommandLine.Mixin ModelOptions model) {}
}

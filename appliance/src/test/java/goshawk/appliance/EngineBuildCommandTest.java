package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.NativeCallException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a machine without a GPU. */
class EngineBuildCommandTest {

    @TempDir
    Path engines;

    private final StringWriter errors = new StringWriter();

    @BeforeEach
    void home() {
        System.setProperty("goshawk.home", System.getProperty("goshawk.root", ".."));
        try {
            abort("there is %s here".formatted(Device.open().words()));
        } catch (NativeCallException e) {
            assertThat(e.call()).isNotEmpty();
        }
    }

    private int goshawk(String... words) {
        return Goshawk.commandLine().setErr(new PrintWriter(errors, true)).execute(words);
    }

    @Test
    void whatWantsAGpuIsRefusedAndLeavesNothing() {
        assertThat(goshawk("engine", "build", "--target", "TENSORRT", "--engines", engines.toString()))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("no GPU for TensorRT").contains("goshawk doctor");
        assertThat(engines).isEmptyDirectory();
    }

    @Test
    void elseTheCpusEngineIsBuilt() {
        assertThat(goshawk("engine", "build", "--engines", engines.toString()))
                .as("%s", errors)
                .isZero();
        assertThat(engines).isDirectoryContaining(path -> Files.exists(path.resolve("manifest.json")));
    }

    @Test
    void aStationThatWantsAGpuEngineIsToldHowToMakeOne() {
        var options = new ModelOptions();
        new picocli.CommandLine(new Options(options))
                .parseArgs("--target", "TENSORRT", "--engines", engines.toString());
        assertThatThrownBy(options::engine)
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("goshawk engine build");
    }

    @picocli.CommandLine.Command
    private record Options(@picocli.CommandLine.Mixin ModelOptions model) {}
}

package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.trtbuild.EngineBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoTelemetryTest {

    @TempDir
    Path folder;

    /** The collector keeps a data base under the user's home, and dies of a command line of 8,000 characters. */
    @Test
    void theRuntimeCollectsNothingAndTakesALongCommandLine() throws IOException, InterruptedException {
        Path home = Files.createDirectory(folder.resolve("home"));
        Path log = folder.resolve("child.log");
        String checkpoint;
        try (Golden golden = Golden.open("tiny-f32")) {
            checkpoint = golden.checkpoint().toString();
        }
        var builder = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dpadding=" + "x".repeat(8_000),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OpenEngine.class.getName(),
                        checkpoint,
                        folder.resolve("cache").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("ORT_") || name.startsWith("XDG_"));
        builder.environment().put("HOME", home.toString());
        int exit = builder.start().waitFor();
        assertThat(exit).as("%s", Files.readString(log)).isZero();
        assertThat(home).isEmptyDirectory();
    }

    static final class OpenEngine {
        public static void main(String[] args) {
            var built = EngineBuilder.build(Path.of(args[0]), Path.of(args[1]), (_, _, _) -> {});
            Engines.open(built, 1).close();
        }
    }
}

package goshawk.appliance.api;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official client, {@code appliance/src/test/python/openai_client.py}; run by {@code ./goshawk test --python}. */
@Tag("python")
class OpenAiClientPythonTest {

    @TempDir
    Path folder;

    @Test
    void openAisOwnClientIsContent() throws IOException, InterruptedException {
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        Path script =
                Path.of(System.getProperty("goshawk.root", "..")).resolve("appliance/src/test/python/openai_client.py");
        Path picture = folder.resolve("part.png");
        var part = BracketRenderer.render(3, 0, RenderOptions.USUAL);
        try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
            PictureFile.writePng(frame, true, picture);
        }
        try (var server = NanoServer.start(folder.resolve("engines"))) {
            Process process = new ProcessBuilder(
                            python,
                            script.toString(),
                            server.address().toString(),
                            NanoServer.TOKEN,
                            server.model(),
                            picture.toString())
                    .redirectErrorStream(true)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s", printed).isZero();
            assertThat(printed).contains("is content");
        }
    }
}

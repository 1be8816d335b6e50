package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The goldens against the transformers that is installed; run by {@code ./goshawk test --python}. */
@Tag("python")
class GoldensPythonTest {

    @Test
    void theCommittedAnswersAreStillThoseOfTransformers() throws IOException, InterruptedException {
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        Path script = Path.of(System.getProperty("goshawk.root", ".."), "trt-build/goldens/make_goldens.py");
        Process process = new ProcessBuilder(python, script.toString(), "--check")
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", printed).isZero();
    }
}

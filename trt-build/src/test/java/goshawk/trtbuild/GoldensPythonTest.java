package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The goldens against the transformers that is installed; run by {@code ./goshawk test --python}. */
@Tag("python")
class GoldensPythonTest {

    @ParameterizedTest
    @CsvSource({
        "make_goldens.py,",
        "make_film_goldens.py,",
        "make_adapter_goldens.py,",
        "make_quantised_goldens.py,",
        "make_text_goldens.py,text",
        "make_inspection_golden.py,inspection"
    })
    void theCommittedAnswersAreStillThoseOfTransformers(String script, @Nullable String folder)
            throws IOException, InterruptedException {
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        Path module = Path.of(System.getProperty("goshawk.root", ".."), "trt-build");
        List<String> command = new ArrayList<>(
                List.of(python, module.resolve("goldens").resolve(script).toString(), "--check"));
        if (folder != null) {
            command.add(
                    module.resolve("src/test/resources/goldens").resolve(folder).toString());
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", printed).isZero();
    }
}

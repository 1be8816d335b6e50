package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.appliance.engine.Engine.Step;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The checkpoint that we ship, in transformers and in our engine; run by {@code ./goshawk test --python}. Another one, if
 * {@code GOSHAWK_CHECKPOINT} names its folder.
 */
@Tag("python")
class NanoPythonTest {

    @TempDir
    Path folder;

    @Test
    void ourOwnCheckpointAnswersAsInTransformers() throws IOException, InterruptedException {
        Path root = Path.of(System.getProperty("goshawk.root", ".."));
        Path checkpoint = Optional.ofNullable(System.getenv("GOSHAWK_CHECKPOINT"))
                .map(Path::of)
                .orElseGet(() -> root.resolve("trt-build/nano/checkpoint"));
        Path answers = folder.resolve("answers.safetensors");
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        Path script = root.resolve("trt-build/goldens/make_goldens.py");
        Process process = new ProcessBuilder(
                        python, script.toString(), "--answers", checkpoint.toString(), answers.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", printed).isZero();

        EngineFolder built = EngineBuilder.build(checkpoint, folder.resolve("cache"), (_, _, _) -> {});
        try (Golden golden = Golden.open(checkpoint, answers);
                Engine engine = Engines.open(built, 2)) {
            var picture = golden.pictures(built.config().vision().patchSize()).getFirst();
            OnnxParityTest.assertClose(OnnxModelTest.features(built, picture), golden.floats("features"));
            try (PictureFeatures seen = engine.see(picture);
                    Context start = engine.start()) {
                Step step = engine.read(start, golden.integers("ids"), List.of(seen));
                OnnxParityTest.assertClose(step.logits(), golden.floats("prefill_logits"));
                OnnxParityTest.assertDecodes(engine, golden, step);
            }
        }
    }
}

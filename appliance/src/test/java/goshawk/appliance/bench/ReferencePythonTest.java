package goshawk.appliance.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script that measures transformers, on a CPU and two layers; run by {@code ./goshawk test --python}. */
@Tag("python")
class ReferencePythonTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));

    @TempDir
    Path dir;

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void everyRowIsMeasuredAndReadHere() throws IOException, InterruptedException {
        Path file = dir.resolve("reference.json");
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        Process process = new ProcessBuilder(
                        python,
                        ROOT.resolve("trt-build/bench/reference.py").toString(),
                        "--config",
                        ROOT.resolve("trt-build/nano/checkpoint").toString(),
                        "--out",
                        file.toString(),
                        "--device",
                        "cpu",
                        "--sizes",
                        "quick",
                        "--layers",
                        "2",
                        "--rounds",
                        "2",
                        "--limit",
                        "800")
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", printed).isZero();

        Reference reference = Reference.read(file);
        assertThat(reference.skipped()).as("%s", printed).isEmpty();
        assertThat(reference.variants()).hasSize(2);
        assertThat(reference.rows()).hasSize(8 + 4).allMatch(row -> row.p50() > 0 && row.p10() <= row.p90());
        assertThat(reference.rows())
                .extracting(Reference.Row::name)
                .contains("vision 448×448", "prefill 196", "decode at 600, batch 8", "whole part, 1 prompt");
        assertThat(reference.copyBytesPerSecond()).isPositive();
        assertThat(reference.matrixPerSecond()).containsOnlyKeys("F32");
    }
}

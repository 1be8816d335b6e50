package goshawk.appliance.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.bench.BenchResult.Host;
import goshawk.appliance.bench.BenchResult.Row;
import goshawk.appliance.bench.BenchResult.Skipped;
import goshawk.appliance.bench.BenchResult.Subject;
import goshawk.trtbuild.ModelWork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchReportTest {

    private static final List<ModelWork.Call> DECODE = List.of(new ModelWork.Call(8_400_000_000L, 14e9, 2e9));
    private static final List<ModelWork.Call> PART =
            List.of(new ModelWork.Call(1_000_000_000L, 0, 6e12), new ModelWork.Call(8_400_000_000L, 14e12, 3e11));

    @TempDir
    Path dir;

    private static BenchResult result(String precision, double decode) {
        return new BenchResult(
                BenchResult.FORMAT,
                "2026-11-26T12:00:00Z",
                new Host("a CPU", 16, "a GPU (SM 9.0)", null, "580.1", "10.6.0"),
                new Subject(
                        "8B",
                        "0123456789abcdef",
                        precision,
                        "TensorRT",
                        "tensorrt",
                        "BF16",
                        8L << 30,
                        99.0,
                        17L << 30,
                        25L << 30,
                        null,
                        1L << 30),
                null,
                List.of(
                        new Row("decode at 1,200", 300, decode, decode - 0.1, decode + 0.1, 2.25, DECODE),
                        new Row("whole part, 1 prompt", 30, 48, 47, 49, null, PART)),
                List.of(new Skipped("decode at 3,000", "there is room for 2,048")));
    }

    private static Reference reference(Map<String, Double> rates) {
        return new Reference(
                Reference.FORMAT,
                "a GPU",
                Map.of("torch", "2.13"),
                3.0e12,
                rates,
                List.of(
                        new Reference.Row("decode at 1,200", "eager", 30, 88, 87, 90, 20.0),
                        new Reference.Row("decode at 1,200", "compiled", 200, 9.2, 9.1, 9.3, null)),
                List.of(new Reference.Skipped("decode at 3,000", "compiled", "not measured within 110 s")));
    }

    @Test
    void anEngineStandsBesideOthersTransformersAndTheFloor() {
        var rates = Map.of("BF16", 0.6e15, "F8_E4M3", 1e15);
        var report = new BenchReport(List.of(result("FP8", 4.6), result("BF16", 9.2)), Optional.of(reference(rates)));
        assertThat(report.markdown(Optional.of("bench.svg")))
                .contains(
                        "| decode at 1,200 | **4.60** (4.50–4.70) | 2.25 | 9.20 | 88.0 | 9.20 | 2.00 × | 2.80 | 1.64 × |")
                .as("each call at its own bound: 10 ms of BF16 products, then 14.5 ms of both kinds")
                .contains(
                        "| whole part, 1 prompt | **48.0** (47.0–49.0) | n/a | 48.0 | n/a | n/a | n/a | 24.5 | 1.96 × |")
                .contains("decode at 3,000 was skipped: there is room for 2,048.")
                .contains("transformers, compiled, decode at 3,000: not measured within 110 s.")
                .contains(
                        "plans with weights of 8.0 GiB; built in 99 s; own memory while it was built 17.0 GiB; with pages of files 25.0 GiB")
                .contains("](bench.svg)");
        assertThat(report.svg())
                .contains("decode at 1,200", "transformers, compiled", "floor of this machine")
                .doesNotContain("NaN", "Infinity");
    }

    @Test
    void withoutARateThereIsNoFloor() {
        var report = new BenchReport(List.of(result("FP8", 4.6)), Optional.of(reference(Map.of("BF16", 0.6e15))));
        assertThat(report.markdown(Optional.empty()))
                .contains("| decode at 1,200 | **4.60** (4.50–4.70) | 2.25 | 88.0 | 9.20 | 2.00 × |\n")
                .doesNotContain("floor");
        assertThat(report.svg()).doesNotContain("floor");
        assertThat(new BenchReport(List.of(result("FP8", 4.6)), Optional.empty()).markdown(Optional.empty()))
                .contains("| decode at 1,200 | **4.60** (4.50–4.70) | 2.25 |\n");
    }

    @Test
    void aResultIsReadAsItWasWritten() throws IOException {
        Path file = dir.resolve("bench.json");
        BenchResult result = result("FP8", 4.6);
        Files.write(file, result.toJson());
        assertThat(BenchResult.read(file)).isEqualTo(result);
        Files.writeString(file, Files.readString(file).replace("\"format\" : 1", "\"format\" : 2"));
        assertThatThrownBy(() -> BenchResult.read(file)).hasMessage("format 2, want 1");
    }
}

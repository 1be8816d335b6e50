package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.bench.BenchResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EngineBenchCommandTest extends TypedCommands {

    private int bench(Object... more) {
        return run(Stream.concat(Stream.of("engine", "bench"), Stream.of(more)).toArray());
    }

    @Test
    void nanoIsMeasuredAsFarAsItsContextGoes() throws IOException {
        Path file = dir.resolve("bench.json");
        assertThat(bench("--engines", dir.resolve("engines"), "--rounds", 2, "--context", 500, "--out", file))
                .as("%s", errors)
                .isZero();
        BenchResult result = BenchResult.read(file);
        assertThat(result.rows())
                .extracting(BenchResult.Row::name)
                .containsExactly(
                        "vision 448×448",
                        "prefill 196",
                        "prefill 196 behind 40",
                        "prefill 392",
                        "suffix 8×20 on 236",
                        "decode at 300",
                        "decode at 300, batch 8",
                        "whole part, 1 prompt",
                        "whole part, 8 prompts",
                        "parts in a row, 1 prompt");
        assertThat(result.rows()).allSatisfy(row -> {
            assertThat(row.p10()).isPositive().isFinite().isLessThanOrEqualTo(row.p50());
            assertThat(row.p90()).isFinite().isGreaterThanOrEqualTo(row.p50());
            assertThat(row.rounds()).isGreaterThanOrEqualTo(2);
            assertThat(row.work()).allMatch(call -> call.bytes() > 0 && call.operations() > 0);
        });
        assertThat(result.skipped())
                .extracting(BenchResult.Skipped::name)
                .containsExactly("decode at 600", "decode at 600, batch 8");
        assertThat(result.skipped()).allSatisfy(row -> assertThat(row.why()).contains("there is room for 500"));
        assertThat(result.engine().profile()).isEqualTo("cpu");
        assertThat(result.engine().arithmetic()).isEqualTo("F32");

        Path page = dir.resolve("page.md");
        assertThat(bench("--from", file, "--report", page)).as("%s", errors).isZero();
        assertThat(page).content().contains("| vision 448×448 |", "decode at 600 was skipped", "](page.svg)");
        assertThat(dir.resolve("page.svg")).content().contains("whole part, 8 prompts");
    }

    @Test
    void aFileThatIsNoReferenceIsToldBeforeAnythingIsMeasured() throws IOException {
        Path file = Files.writeString(dir.resolve("reference.json"), "{}");
        assertThat(bench("--engines", dir.resolve("engines"), "--compare", file))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("reference.json is no reference (format 0, want 1)");
        assertThat(dir.resolve("engines")).doesNotExist();
    }
}

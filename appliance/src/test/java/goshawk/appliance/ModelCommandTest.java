package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.trtbuild.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelCommandTest extends TypedCommands {

    private static final Path GOLDENS = ROOT.resolve("trt-build/src/test/resources/goldens");

    @Test
    void thePageSaysWhatTheShippedCheckpointIs() {
        ModelPage page = ModelPage.of(ROOT.resolve("trt-build/nano/checkpoint"), 8L << 30);
        assertThat(page.obstacles()).isEmpty();
        assertThat(String.join("\n", page.lines()))
                .contains("architecture   qwen3_vl")
                .contains("head tied to the embeddings")
                .contains("of the text, FP8 in blocks of 128×128 with F32 scales")
                .contains("Thinking: opens a thought")
                .contains("448×448 becomes 512×512, 256 tokens")
                .contains("GPU, FP8, usual")
                .contains("GPU, INT4, small")
                .contains("runs here      yes");
    }

    @Test
    void thePageSaysHowPositionsAreStretched() {
        ModelPage page = ModelPage.of(GOLDENS.resolve("tiny-yarn"), 8L << 30);
        assertThat(String.join("\n", page.lines()))
                .contains("stretched 4.000 times beyond 32 by YaRN, attention × 1.1386");
        assertThat(page.obstacles())
                .as("a golden has no tokenizer")
                .anyMatch(obstacle -> obstacle.contains("has no chat template"))
                .anyMatch(obstacle -> obstacle.contains("preprocessor_config.json"));
    }

    @Test
    void everythingThatIsInTheWayIsToldAtOnce() throws IOException {
        Path nano = ROOT.resolve("trt-build/nano/checkpoint");
        for (String name : List.of("config.json", "model.safetensors", "chat_template.jinja")) {
            Files.copy(nano.resolve(name), dir.resolve(name));
        }
        ModelPage page = ModelPage.of(dir, 1 << 20);
        assertThat(page.obstacles())
                .anyMatch(obstacle -> obstacle.contains("no tokenizer.json"))
                .anyMatch(obstacle -> obstacle.contains("preprocessor_config.json"))
                .anyMatch(obstacle -> obstacle.contains("it needs about") && obstacle.contains("1 MiB are free"));
        Files.writeString(
                dir.resolve("config.json"),
                Files.readString(dir.resolve("config.json"))
                        .replaceFirst("\"model_type\": \"qwen3_vl\"", "\"model_type\": \"qwen3_vl_moe\""));
        assertThat(ModelPage.of(dir, 1 << 20).obstacles())
                .singleElement()
                .asString()
                .contains("'qwen3_vl_moe' (a mixture of experts)");
        assertThat(run("model", "inspect", dir.toString())).isEqualTo(1);
        assertThat(run("model", "inspect", dir.resolve("nowhere").toString())).isEqualTo(2);
        assertThat(errors.toString()).contains("is not a folder");
    }

    @Test
    void aSyntheticCheckpointCanBeInspectedAndOpened() {
        Path out = dir.resolve("random");
        assertThat(run("model", "synthesize", "--like", "nano", "--layers", "2", "--fp8", "--out", out.toString()))
                .isZero();
        assertThat(run("model", "inspect", out.toString())).isZero();
        try (Checkpoint checkpoint = Checkpoint.open(out)) {
            assertThat(checkpoint.config().text().layers()).isEqualTo(2);
            assertThat(checkpoint.precision()).contains("F8_E4M3");
        }
        assertThat(run("model", "synthesize", "--like", "nano", "--out", out.toString()))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("holds a checkpoint already");
        assertThat(run(
                        "model",
                        "synthesize",
                        "--like",
                        "9B",
                        "--out",
                        dir.resolve("x").toString()))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("neither 2B, 4B, 8B, 32B, nano nor a config.json");
        assertThat(run(
                        "model",
                        "synthesize",
                        "--like",
                        "2B",
                        "--layers",
                        "0",
                        "--out",
                        dir.resolve("x").toString()))
                .isEqualTo(2);
    }
}

package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationConfigTest {

    @TempDir
    Path folder;

    @Test
    void theThinkingCheckpointsAreSampledAsTheirMakersSay() throws IOException {
        write("""
                {"bos_token_id": 151643, "do_sample": true, "eos_token_id": [151645, 151643], "pad_token_id": 151643,
                 "temperature": 1.0, "top_k": 20, "top_p": 0.95}
                """);
        var config = GenerationConfig.read(folder);
        assertThat(config.sampling()).isEqualTo(new Sampling(1, 20, 0.95, 0, 1, 0, 0, 0));
        assertThat(config.endTokens()).isEqualTo(List.of(151645, 151643));
    }

    @Test
    void withoutSamplingOrWithoutTheFileItIsGreedy() throws IOException {
        assertThat(GenerationConfig.read(folder)).isEqualTo(new GenerationConfig(Sampling.GREEDY, List.of()));
        write("{\"temperature\": 0.7, \"eos_token_id\": 7}");
        assertThat(GenerationConfig.read(folder)).isEqualTo(new GenerationConfig(Sampling.GREEDY, List.of(7)));
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        for (String wrong : List.of("{", "{\"do_sample\": true, \"top_p\": 1.5}")) {
            write(wrong);
            assertThatThrownBy(() -> GenerationConfig.read(folder))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("generation_config.json cannot be used")
                    .hasMessageEndingWith("copy it again");
        }
    }

    private void write(String json) throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), json);
    }
}

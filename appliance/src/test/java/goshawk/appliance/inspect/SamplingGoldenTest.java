package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our filtered distribution and our tokens beside those of transformers; see make_sampling_golden.py. */
class SamplingGoldenTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));

    @TempDir
    Path folder;

    @Test
    void theCommittedAnswersAreOurs() throws IOException {
        assertSame(ROOT.resolve("trt-build/src/test/resources/goldens/sampling.json"));
    }

    @Test
    @Tag("python")
    void theInstalledTransformersAnswersAsWeDo() throws IOException, InterruptedException {
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        for (int seed = 1; seed <= 3; seed++) {
            Path answers = folder.resolve("sampling-" + seed + ".json");
            Process process = new ProcessBuilder(
                            python,
                            ROOT.resolve("trt-build/goldens/make_sampling_golden.py")
                                    .toString(),
                            "--answers",
                            answers.toString(),
                            Integer.toString(seed))
                    .redirectErrorStream(true)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s", printed).isZero();
            assertSame(answers);
        }
    }

    private static void assertSame(Path golden) throws IOException {
        JsonNode root = new ObjectMapper().readTree(golden.toFile());
        double[] draws = StreamSupport.stream(root.path("draws").spliterator(), false)
                .mapToDouble(JsonNode::asDouble)
                .toArray();
        int compared = 0;
        for (JsonNode one : root.path("cases")) {
            String as = "case %d, %s".formatted(compared++, one.path("options"));
            Sampler sampler = sampler(one);
            float[] logits = floats(one.path("logits"));
            TokenMask allowed = TokenMask.of(ints(one.path("allowed")));
            double[] shares = sampler.distribution(logits, allowed);
            for (int token = 0; token < shares.length; token++) {
                double theirs = one.path("shares").path(Integer.toString(token)).asDouble(0);
                assertThat(shares[token]).as("%s, token %d", as, token).isCloseTo(theirs, within(1e-6));
            }
            for (int i = 0; i < draws.length; i++) {
                assertThat(sampler.pick(logits, allowed, draws[i]))
                        .as("%s, draw %s", as, draws[i])
                        .isEqualTo(one.path("tokens").path(i).asInt());
            }
        }
        assertThat(compared).isEqualTo(30);
    }

    private static Sampler sampler(JsonNode one) {
        JsonNode options = one.path("options");
        var sampler = Sampler.of(new Sampling(
                options.path("temperature").asDouble(1),
                options.path("top_k").asInt(0),
                options.path("top_p").asDouble(1),
                options.path("min_p").asDouble(0),
                options.path("repetition_penalty").asDouble(1),
                options.path("presence_penalty").asDouble(0),
                options.path("frequency_penalty").asDouble(0),
                7));
        sampler.hear(ints(one.path("prompt")));
        sampler.say(ints(one.path("answer")));
        return sampler;
    }

    private static int[] ints(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    private static float[] floats(JsonNode list) {
        float[] floats = new float[list.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) list.path(i).asDouble();
        }
        return floats;
    }
}

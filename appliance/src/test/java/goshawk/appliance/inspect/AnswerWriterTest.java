package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.trtbuild.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerWriterTest {

    private static final List<String> CODES = List.of("missing_bolt", "missing_screw", "scratch");

    /** A model that talks nonsense still gives a verdict, and all kinds of them. */
    @ParameterizedTest
    @CsvSource({"thinking,true", "thinking,false", "byte-fallback,true", "byte-fallback,false"})
    void whateverTheLogitsAreAVerdictComesOut(String checkpoint, boolean greedy) {
        try (var tokenizer = Tokenizer.open(TestInput.goldens(checkpoint))) {
            Set<String> kinds = new HashSet<>();
            var random = new Random(20261122);
            var engine = new FakeEngine(_ -> noise(random, tokenizer.size() + 5));
            var writer = new AnswerWriter(engine, tokenizer);
            for (int i = 0; i < 400; i++) {
                Sampler sampler = greedy ? Sampler.greedy() : Sampler.of(new Sampling(1.5, 20, 0.95, 0, 1, 0, 0, i));
                String answer = write(engine, tokenizer, writer, VerdictGrammar.of(CODES), sampler);
                VerdictGrammarTest.assertVerdict(answer);
                kinds.add(answer.replaceAll(",\"box.*", ""));
            }
            assertThat(kinds).as("the test must see all kinds").hasSize(5);
            engine.close();
        }
    }

    @Test
    void aRehearsalKnowsTheMasksAndAsksNoModel() {
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            var engine = new FakeEngine(_ -> {
                throw new AssertionError("the model was asked");
            });
            var writer = new AnswerWriter(engine, tokenizer);
            writer.rehearse(VerdictGrammar.ofRejections(CODES), VerdictGrammar.OPENING);
            writer.rehearse(new CodeGrammar(new CodePrompt.Form(2, 12, "A-Z0-9")), CodeGrammar.OPENING);
            assertThat(engine.reads).isEmpty();
            assertThat(writer.knownGrammars()).isEqualTo(2);
            engine.close();
        }
    }

    @Test
    void theModelReadsItsAnswerCutAsTheTokenizerCutsIt() {
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            var mind = new Mind(tokenizer).on("", 1, 0, "missing_bolt\",\"box\":[12,340,1000,998]}]}");
            var engine = new FakeEngine(mind);
            var writer = new AnswerWriter(engine, tokenizer);
            String answer = write(engine, tokenizer, writer, VerdictGrammar.ofRejections(CODES), Sampler.greedy());
            assertThat(answer)
                    .isEqualTo(
                            "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"missing_bolt\",\"box\":[12,340,1000,998]}]}");
            List<Integer> read = new ArrayList<>();
            engine.reads.forEach(tokens -> Arrays.stream(tokens).forEach(read::add));
            List<Integer> canonical = new ArrayList<>();
            Arrays.stream(tokenizer.encode(answer)).forEach(canonical::add);
            assertThat(canonical.subList(0, read.size())).isEqualTo(read);
            assertThat(canonical.size() - read.size())
                    .as("the end is certain, so nobody reads it")
                    .isBetween(1, 3);
        }
    }

    @Test
    void theModelIsAskedOnlyWhereThereIsAChoice() {
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            var mind = new Mind(tokenizer).on("", 1, 0, "scratch\",\"box\":[1,2,3,4]}]}");
            var engine = new FakeEngine(mind);
            var writer = new AnswerWriter(engine, tokenizer);
            write(engine, tokenizer, writer, VerdictGrammar.ofRejections(List.of("scratch")), Sampler.greedy());
            // The prompt, the forced text up to the box, and after each digit whether another one follows.
            assertThat(engine.reads.size()).isLessThanOrEqualTo(2 + 8);
        }
    }

    @Test
    void theTimesOfAnAnswerAreItsStepsAndItsMasks() {
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            var mind = new Mind(tokenizer).on("", 1, 0, "scratch\",\"box\":[1,2,3,4]}]}");
            var engine = new FakeEngine(mind);
            var writer = new AnswerWriter(engine, tokenizer);
            var grammar = VerdictGrammar.ofRejections(List.of("scratch"));
            writer.rehearse(grammar, VerdictGrammar.OPENING);
            writer.times().clear();
            write(engine, tokenizer, writer, grammar, Sampler.greedy());
            MaskSpeedTest.Answers sum = writer.times().sum();
            assertThat(sum.answers()).isEqualTo(1);
            assertThat(sum.steps()).as("the prompt is no step of the answer").isEqualTo(engine.reads.size() - 1);
            assertThat(sum.masks()).as("the model chooses after each step").isEqualTo(sum.steps());
            assertThat(sum.own()).isGreaterThanOrEqualTo(sum.masking());
            assertThat(sum.masking()).isGreaterThanOrEqualTo(sum.longestMask());
        }
    }

    @Test
    void everyContextIsClosedAlsoWhenTheModelFailsHalfway() {
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            var mind = new Mind(tokenizer).on("", 1, 0, "scratch\",\"box\":[100,200,300,400]}]}");
            for (int fail = 1; fail < 8; fail++) {
                var engine = new FakeEngine(mind);
                engine.failAtRead = fail;
                var writer = new AnswerWriter(engine, tokenizer);
                assertThatThrownBy(() ->
                                write(engine, tokenizer, writer, VerdictGrammar.ofRejections(CODES), Sampler.greedy()))
                        .isInstanceOf(EngineException.class);
                assertThat(engine.open).as("failed at %d", fail).isZero();
            }
        }
    }

    @Test
    void logitsThatAreNoNumbersAreAnEngineFailure() {
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            var engine = new FakeEngine(_ -> {
                float[] logits = new float[tokenizer.size()];
                Arrays.fill(logits, Float.NaN);
                return logits;
            });
            var writer = new AnswerWriter(engine, tokenizer);
            assertThatThrownBy(() -> write(engine, tokenizer, writer, VerdictGrammar.of(CODES), Sampler.greedy()))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("no token can be picked");
            assertThat(engine.open).isZero();
        }
    }

    /** Any schema, whatever the logits: names that begin with the same half of a character, numbers that may go on. */
    @ParameterizedTest
    @CsvSource({"thinking,true", "thinking,false", "byte-fallback,true", "byte-fallback,false"})
    void whateverTheLogitsAreTheSchemaIsSatisfied(String checkpoint, boolean greedy) throws IOException {
        JsonNode schema = new ObjectMapper().readTree("""
                {"type": "object", "required": ["部件", "量"], "additionalProperties": false, "properties": {
                  "部件": {"enum": ["螺栓", "螺丝", "蟹", "ชิ้น"]}, "量": {"type": "number", "minimum": -2, "maximum": 99.5},
                  "code": {"type": "string", "maxLength": 12}}}
                """);
        JsonSchema validator =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
        try (var tokenizer = Tokenizer.open(TestInput.goldens(checkpoint))) {
            Set<String> parts = new HashSet<>();
            var random = new Random(20261125);
            var engine = new FakeEngine(_ -> noise(random, tokenizer.size() + 5));
            var writer = new AnswerWriter(engine, tokenizer);
            var grammar = JsonSchemaGrammar.compile(schema);
            for (int i = 0; i < 200; i++) {
                Sampler sampler =
                        greedy ? Sampler.greedy() : Sampler.of(new Sampling(1.5, 20, 0.95, 0.01, 1.1, 0.5, 0.5, i));
                try (Engine.Context nothing = engine.start()) {
                    Engine.Step step = engine.read(nothing, tokenizer.encode("{"), List.of());
                    try (Engine.Context asked = step.context()) {
                        String answer = writer.write(asked, step.logits(), grammar, "{", sampler, () -> {});
                        JsonNode value = new ObjectMapper().readTree(answer);
                        assertThat(validator.validate(value)).as(answer).isEmpty();
                        parts.add(value.path("部件").asText());
                    }
                }
            }
            assertThat(parts).as("the test must see all parts").hasSize(4);
            engine.close();
        }
    }

    @Test
    void aModelThatIsDoneSaysSo() throws IOException {
        JsonNode schema = new ObjectMapper().readTree("{\"type\": \"integer\", \"minimum\": 0}");
        try (var tokenizer = Tokenizer.open(TestInput.goldens("thinking"))) {
            int end = tokenizer.requiredId("<|im_end|>");
            int seven = tokenizer.encode("7")[0];
            var engine = new FakeEngine(said -> {
                float[] logits = new float[tokenizer.size()];
                logits[said.length < 4 ? seven : end] = 9;
                return logits;
            });
            var writer = new AnswerWriter(engine, tokenizer, end);
            try (Engine.Context nothing = engine.start()) {
                Engine.Step step = engine.read(nothing, new int[] {seven}, List.of());
                try (Engine.Context asked = step.context()) {
                    assertThat(writer.write(
                                    asked,
                                    step.logits(),
                                    JsonSchemaGrammar.compile(schema),
                                    "",
                                    Sampler.greedy(),
                                    () -> {}))
                            .isEqualTo("777");
                }
            }
        }
    }

    private static String write(
            FakeEngine engine, Tokenizer tokenizer, AnswerWriter writer, Grammar grammar, Sampler sampler) {
        try (Engine.Context nothing = engine.start()) {
            Engine.Step step = engine.read(nothing, tokenizer.encode(VerdictGrammar.OPENING), List.of());
            try (Engine.Context asked = step.context()) {
                return writer.write(asked, step.logits(), grammar, VerdictGrammar.OPENING, sampler, () -> {});
            }
        }
    }

    private static float[] noise(Random random, int size) {
        float[] logits = new float[size];
        for (int i = 0; i < size; i++) {
            logits[i] = (float) random.nextGaussian() * 5;
        }
        return logits;
    }
}

package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.CheckDigit;
import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.NormalForm;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.engine.Engines;
import goshawk.camera.Frame;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodeReaderTest {

    private static final String QUESTION = "Read the code.";
    private static final Deadline NO_HURRY = new Deadline(Long.MAX_VALUE / 2, () -> 0);

    @TempDir
    Path dir;

    private static Recipe recipe(String characters, Optional<String> text, NormalForm form) {
        var prompt = new CodePrompt(
                "serial",
                QUESTION,
                "right",
                new CodePrompt.Form(1, 24, characters),
                new CodePrompt.Expected(text, Optional.empty(), CheckDigit.NONE, form),
                0.5,
                Severity.MAJOR);
        return RecipeDraft.of(160, 128, Map.of("right", Recipes.RIGHT))
                .reading(prompt)
                .recipe();
    }

    private Reading read(FakeEngine engine, ModelInput input, Recipe recipe) {
        try (var inspector = ModelInspector.cold(
                        engine,
                        input,
                        recipe,
                        _ -> Poses.of(Pose.nominal(160, 128)),
                        new PrefixCounters(1L << 20),
                        Optional.empty());
                Frame frame = Frame.of(160, 128, new byte[160 * 128 * 3])) {
            Inspection.Completed looked = inspector.inspect(frame, NO_HURRY);
            assertThat(engine.seen).as("one picture").hasSize(1);
            Reading reading = looked.readings().getFirst();
            assertThat(looked.findings()).isEqualTo(reading.isMatch() ? List.of() : List.of(reading.finding()));
            return reading;
        }
    }

    /** The tiny vocabularies cut these characters into bytes. */
    @ParameterizedTest
    @CsvSource({
        "GB45-031842N, GB45-031842N, NFC, MATCH",
        "GB46-031842N, GB45-031842N, NFC, CONFLICT",
        "批号二〇二六甲, 批号二〇二六甲, NFC, MATCH",
        "批号２０２６, 批号2026, NFKC, MATCH",
        "رقم ١٢٣٤٥, رقم 12345, NFKC_DIGITS, MATCH",
        "رقم ١٢٣٤٦, رقم 12345, NFKC_DIGITS, CONFLICT",
        "รุ่น ๑๒๓, รุ่น 123, NFKC_DIGITS, MATCH",
        "รุ่น ๑๒๓, รุ่น 123, NFKC, CONFLICT"
    })
    void whatTheModelWritesIsComparedInAnyScript(
            String written, String expected, NormalForm form, Reading.Outcome outcome) {
        for (String flavour : List.of("thinking", "instruct")) {
            try (var words = Tokenizer.open(TestInput.goldens(flavour))) {
                var engine = new FakeEngine(new Scribe(words, CodeGrammar.OPENING, "\"" + written + "\"}", 0.999));
                Reading reading = read(
                        engine, TestInput.of(flavour, dir, List.of(QUESTION)), recipe("", Optional.of(expected), form));
                assertThat(reading.text()).contains(form.of(written));
                assertThat(reading.outcome()).isEqualTo(outcome);
                assertThat(reading.score()).isBetween(0.8, 1.0);
                assertThat(reading.region()).isEqualTo(Recipes.RIGHT);
            }
        }
    }

    @Test
    void whatCannotBeReadIsSaidSo() {
        try (var words = Tokenizer.open(TestInput.goldens("thinking"))) {
            var engine = new FakeEngine(new Scribe(words, CodeGrammar.OPENING, "null}", 0.99));
            Reading reading = read(
                    engine, TestInput.of("thinking", dir, List.of()), recipe("", Optional.empty(), NormalForm.NFC));
            assertThat(reading.text()).isEmpty();
            assertThat(reading.outcome()).isEqualTo(Reading.Outcome.UNREADABLE);
        }
    }

    @Test
    void aReadingThatTheModelIsNotSureOfIsDoubtful() {
        try (var words = Tokenizer.open(TestInput.goldens("thinking"))) {
            var engine = new FakeEngine(new Scribe(words, CodeGrammar.OPENING, "\"GB45\"}", 0.3));
            Reading reading = read(
                    engine, TestInput.of("thinking", dir, List.of()), recipe("", Optional.empty(), NormalForm.NFC));
            assertThat(reading.text()).contains("GB45");
            assertThat(reading.score()).isLessThan(0.5);
            assertThat(reading.outcome()).isEqualTo(Reading.Outcome.DOUBTFUL);
        }
    }

    @Test
    void aCheckpointThatWasNotTrainedToReadIsRefusedByName() {
        var input = TestInput.of("thinking", dir, List.of("Is a bolt missing?"));
        assertThatThrownBy(() ->
                        read(new FakeEngine(_ -> new float[0]), input, recipe("", Optional.empty(), NormalForm.NFC)))
                .isInstanceOf(UnknownQuestionException.class)
                .hasMessageContaining("code serial asks 'Read the code.'");
    }

    /** A real engine with random weights: whatever it says is a text of the allowed characters, or nothing, twice the same. */
    @ParameterizedTest
    @CsvSource({"一-龥", "ء-ي٠-٩", "ก-๙", "0-9A-Z-"})
    void aRandomCheckpointWritesWhatTheRecipeAllows(String characters) {
        Path golden = TestInput.goldens("../inspection").normalize();
        EngineFolder folder = EngineBuilder.build(golden, dir, (_, _, _) -> {});
        var recipe = recipe(characters, Optional.empty(), NormalForm.NFC);
        try (var inspector = ModelInspector.cold(
                        Engines.open(folder, 1),
                        ModelInput.open(folder.path()),
                        recipe,
                        _ -> Poses.of(Pose.nominal(160, 128)),
                        new PrefixCounters(1L << 20),
                        Optional.empty());
                Frame frame = Frame.of(160, 128, new byte[160 * 128 * 3])) {
            Reading reading = inspector.inspect(frame, NO_HURRY).readings().getFirst();
            reading.text().ifPresent(text -> assertThat(text).matches("[" + characters + "]{1,24}"));
            assertThat(inspector.inspect(frame, NO_HURRY).readings()).containsExactly(reading);
        }
    }
}

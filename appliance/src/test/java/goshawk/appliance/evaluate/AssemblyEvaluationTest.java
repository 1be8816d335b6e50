package goshawk.appliance.evaluate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.domain.Fitting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssemblyEvaluationTest {

    @TempDir
    Path dir;

    private static Fitting at(String part, double seconds) {
        return new Fitting(part, OptionalDouble.of(seconds), 0.9);
    }

    private static Fitting never(String part) {
        return new Fitting(part, OptionalDouble.empty(), 0.9);
    }

    private AssemblyEvaluation.Truth truth() throws IOException {
        return AssemblyEvaluation.Truth.read(Files.writeString(dir.resolve("truth.csv"), """
                clip,fps,events
                one,4,"[{""part"":""bolt 1"",""at"":1.00},{""part"":""bolt 2"",""at"":5.00}]"
                two,4,"[{""part"":""bolt 1"",""at"":2.00},{""part"":""bolt 2"",""at"":null}]"
                """));
    }

    @Test
    void errorsMissesAndInventionsAreCounted() throws IOException {
        var found = AssemblyEvaluation.of(
                Map.of(
                        "one", List.of(at("bolt 1", 1.1), never("bolt 2")),
                        "two", List.of(at("bolt 1", 1.5), at("bolt 2", 3.0))),
                truth());
        assertThat(found.errors()).hasSize(2);
        assertThat(found.errorAt(0.5).orElseThrow()).isCloseTo(0.1, within(1e-9));
        assertThat(found.errorAt(0.9).orElseThrow()).isCloseTo(0.5, within(1e-9));
        assertThat(found.missed()).isEqualTo(new Proportion(1, 3));
        assertThat(found.invented()).isEqualTo(new Proportion(1, 1));
        assertThat(found.text()).contains("median 0.10 s, P90 0.50 s");
    }

    @Test
    void aClipThatTheTruthDoesNotKnowIsNamed() throws IOException {
        var truth = truth();
        assertThatThrownBy(() -> AssemblyEvaluation.of(Map.of("three", List.of(never("bolt 1"))), truth))
                .hasMessage("the truth knows no clip 'three'");
    }

    @Test
    void codesAreComparedCharacterByCharacter() throws IOException {
        Path truth = Files.writeString(dir.resolve("codes.csv"), """
                file,code,beside
                a.png,GB45-1,yes
                b.png,GB45-2,yes
                c.png,批号７,no
                d.png,,no
                e.png,,no
                f.png,GB45-9,no
                """);
        Path lines = Files.writeString(dir.resolve("lines.jsonl"), """
                {"image":"x/a.png","readings":[{"text":"GB45-1"}]}
                {"image":"x/b.png","readings":[{"text":"GB4-3"}]}
                {"image":"x/c.png","readings":[{"text":null}]}
                {"image":"x/d.png","readings":[{"text":null}]}
                {"image":"x/e.png","readings":[{"text":"PASS"}]}
                {"image":"x/f.png"}
                """);
        var all = CodeEvaluation.of(lines, truth, Optional.empty()).groups();
        assertThat(all)
                .containsOnly(Map.entry(
                        "",
                        new CodeEvaluation.Group(
                                new Proportion(1, 3),
                                new Proportion(6 + 4, 6 + 6 + 3),
                                new Proportion(1, 3),
                                new Proportion(1, 2))));
        var grouped = CodeEvaluation.of(lines, truth, Optional.of("beside"));
        assertThat(requireNonNull(grouped.groups().get("yes")).whole()).isEqualTo(new Proportion(1, 2));
        assertThat(grouped.text()).contains("yes").contains("1 of 2");
        assertThatThrownBy(() -> CodeEvaluation.of(lines, truth, Optional.of("colour")))
                .hasMessageContaining("'colour' are wanted");
    }
}

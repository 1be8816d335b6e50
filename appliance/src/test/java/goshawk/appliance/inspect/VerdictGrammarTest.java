package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.trtbuild.Tokenizer;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictGrammarTest {

    private static final List<String> CODES = List.of("missing_bolt", "missing_screw", "scratch");

    private final VerdictGrammar grammar = VerdictGrammar.of(CODES);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"verdict\":\"PASS\"}",
                "{\"verdict\":\"REVIEW\"}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"missing_screw\",\"box\":[999,10,1000,1000]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1,1]},{\"defect\":\"scratch\",\"box\":[0,0,1,1]}]}",
            })
    void verdictsAreWhole(String text) {
        assertThat(accepts(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"verdict\":\"PASS\"",
                "{\"verdict\":\"PASS\"}}",
                " {\"verdict\":\"PASS\"}",
                "{\"verdict\":\"FAIL\"}",
                "{\"verdict\":\"REJECT\"}",
                "{\"verdict\":\"REJECT\",\"findings\":[]}",
                "{\"verdict\":\"REJECT\",\"defect\":\"scratch\",\"box\":[0,0,1,1]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1,1]},]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1,1]}]",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1,1]}]}}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"dent\",\"box\":[0,0,1,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"missing\",\"box\":[0,0,1,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[00,0,1,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,01,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1,1,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,0,1001,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[1000,0,1000,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[5,0,5,1]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[0,500,5,50]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[,0,5,50]}]}",
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[-1,0,5,50]}]}",
            })
    void everythingElseIsRefusedOrNotWhole(String text) {
        assertThat(accepts(text)).isFalse();
    }

    @Test
    void exactlyTheOrderedPairsAreBoxes() {
        for (int x0 = 0; x0 <= 1001; x0 += 7) {
            for (int x1 = 0; x1 <= 1010; x1++) {
                String text = "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[%d,3,%d,4]}]}"
                        .formatted(x0, x1);
                assertThat(accepts(text)).as(text).isEqualTo(x0 < x1 && x1 <= 1000);
            }
        }
    }

    /** No dead ends: whatever is said so far, a whole verdict can be reached, and it is one. */
    @Test
    void everyWayThroughTheGrammarEndsInAVerdict() {
        var random = new Random(20261122);
        for (int walk = 0; walk < 20_000; walk++) {
            var text = new StringBuilder();
            long state = grammar.start();
            while (!grammar.isEnd(state)) {
                long at = state;
                int[] ways = IntStream.range(0, 256)
                        .filter(value -> grammar.next(at, value) != Grammar.REFUSED)
                        .toArray();
                assertThat(ways).as("after %s", text).isNotEmpty();
                int way = ways[random.nextInt(ways.length)];
                text.append((char) way);
                state = grammar.next(state, way);
            }
            assertVerdict(text.toString());
        }
    }

    @Test
    void atMostSixteenFindingsAreNamed() {
        String one = "{\"defect\":\"scratch\",\"box\":[0,0,1,1]}";
        for (int count = 1; count <= 20; count++) {
            String text = "{\"verdict\":\"REJECT\",\"findings\":[%s]}"
                    .formatted(String.join(",", Collections.nCopies(count, one)));
            assertThat(accepts(text)).as(text).isEqualTo(count <= 16);
        }
    }

    @Test
    void rejectionsOnlyMeansThat() {
        Grammar only = VerdictGrammar.ofRejections(CODES);
        assertThat(only.next(only.start(), Tokenizer.utf8("{\"verdict\":\"P"))).isEqualTo(Grammar.REFUSED);
        assertThat(only.next(only.start(), Tokenizer.utf8("{\"verdict\":\"REV")))
                .isEqualTo(Grammar.REFUSED);
        assertThat(only.next(only.start(), Tokenizer.utf8("{\"verdict\":\"REJ")))
                .isNotEqualTo(Grammar.REFUSED);
    }

    @Test
    void aRejectionIsReadBack() {
        assertThat(
                        grammar.rejectionsIn(
                                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[1,20,300,1000]},{\"defect\":\"missing_bolt\",\"box\":[5,0,6,7]}]}"))
                .containsExactly(
                        new VerdictGrammar.Rejection("scratch", 1, 20, 300, 1000),
                        new VerdictGrammar.Rejection("missing_bolt", 5, 0, 6, 7));
        assertThat(grammar.rejectionsIn("{\"verdict\":\"PASS\"}")).isEmpty();
        assertThatThrownBy(() -> grammar.rejectionsIn("{\"verdict\":\"REJECT\""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> VerdictGrammar.ofRejections(CODES).rejectionsIn("{\"verdict\":\"PASS\"}"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void codesThatWouldNeedEscapingAreRefused() {
        for (String code : List.of("", "a\"b", "a\\b", "größe", "a\nb")) {
            assertThatThrownBy(() -> VerdictGrammar.of(List.of(code))).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> VerdictGrammar.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    /** The fast way through the tree of tokens against the slow one through the vocabulary. */
    @ParameterizedTest
    @ValueSource(strings = {"thinking", "byte-fallback"})
    void theTreeOfTokensAllowsWhatTheGrammarAllows(String checkpoint) {
        try (var tokenizer = Tokenizer.open(TestInput.goldens(checkpoint))) {
            var masks = new TokenMasks(tokenizer);
            var random = new Random(7);
            for (int walk = 0; walk < 200; walk++) {
                long state = grammar.start();
                while (!grammar.isEnd(state)) {
                    long at = state;
                    int[] slow = IntStream.range(0, tokenizer.size())
                            .filter(token -> tokenizer.bytes(token).length > 0
                                    && grammar.next(at, tokenizer.bytes(token)) != Grammar.REFUSED)
                            .toArray();
                    int[] fast = masks.of(grammar, state).ids();
                    assertThat(fast).isEqualTo(slow);
                    state = grammar.next(state, tokenizer.bytes(slow[random.nextInt(slow.length)]));
                }
            }
        }
    }

    /** Read by a parser that is not ours. */
    static void assertVerdict(String text) {
        try {
            var json = new ObjectMapper().readTree(text);
            switch (json.path("verdict").asText()) {
                case "PASS", "REVIEW" -> assertThat(json.size()).as(text).isEqualTo(1);
                case "REJECT" -> {
                    assertThat(json.size()).as(text).isEqualTo(2);
                    assertThat(json.path("findings").size()).as(text).isBetween(1, 16);
                    json.path("findings").forEach(finding -> assertFinding(text, finding));
                }
                default -> throw new AssertionError(text);
            }
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    private static void assertFinding(String text, JsonNode finding) {
        assertThat(finding.size()).as(text).isEqualTo(2);
        assertThat(CODES).contains(finding.path("defect").asText());
        var box = finding.path("box");
        assertThat(box.size()).as(text).isEqualTo(4);
        assertThat(box.path(0).asInt()).as(text).isBetween(0, box.path(2).asInt() - 1);
        assertThat(box.path(1).asInt()).as(text).isBetween(0, box.path(3).asInt() - 1);
        assertThat(Math.max(box.path(2).asInt(), box.path(3).asInt())).as(text).isLessThanOrEqualTo(1000);
    }

    private boolean accepts(String text) {
        long state = grammar.next(grammar.start(), Tokenizer.utf8(text));
        return state != Grammar.REFUSED && grammar.isEnd(state);
    }
}

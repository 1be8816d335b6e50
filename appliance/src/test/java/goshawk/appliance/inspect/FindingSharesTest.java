package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.engine.EngineException;
import goshawk.trtbuild.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FindingSharesTest {

    private static final String FIRST = "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"dent\",\"box\":[1,2,3,4";
    private static final List<String> WORDS = List.of("5", "]", "}", "]},{\"", "]}]", "},", "}]}", "dent", "scratch");
    private static final byte[][] BYTES = WORDS.stream().map(Tokenizer::utf8).toArray(byte[][]::new);

    private final VerdictGrammar grammar = VerdictGrammar.ofRejections(List.of("dent", "scratch"));
    private final TokenMasks masks = new TokenMasks(BYTES);
    private final FindingShares shares = new FindingShares(grammar, token -> BYTES[token]);

    /** A digit more, and the end of the box alone, say nothing of whether another finding follows: 0.2 to 0.1. */
    @Test
    void aFindingIsAsSureAsGoingOnIsBesideClosing() {
        say(FIRST, "]},{\"", Map.of("5", 0.1, "]", 0.6, "]},{\"", 0.2, "]}]", 0.1));
        assertThat(shares.of(0)).isEqualTo(1);
        assertThat(shares.of(1)).isCloseTo(2.0 / 3, within(1e-6));
    }

    @Test
    void itIsTheSameWhereTheVocabularyCutsOtherwise() {
        say(FIRST, "]", Map.of("5", 0.1, "]", 0.9));
        say(FIRST + "]", "},", Map.of("},", 0.2, "}]}", 0.1, "}", 0.5));
        assertThat(shares.of(1)).isCloseTo(2.0 / 3, within(1e-6));
    }

    @Test
    void eachFurtherFindingHasItsOwn() {
        say(FIRST, "]},{\"", Map.of("]},{\"", 0.9, "]}]", 0.1));
        String second = FIRST + "]},{\"defect\":\"";
        say(second, "scratch", Map.of("dent", 0.4, "scratch", 0.6));
        say(second + "scratch\",\"box\":[1,2,3,4", "5", Map.of("5", 0.8, "]},{\"", 0.1, "]}]", 0.1));
        say(second + "scratch\",\"box\":[1,2,3,45", "]},{\"", Map.of("]},{\"", 0.6, "]}]", 0.4));
        assertThat(shares.of(1)).isCloseTo(0.9, within(1e-6));
        assertThat(shares.of(2)).isCloseTo(0.6, within(1e-6));
    }

    @Test
    void logitsThatAreNoNumbersAreAnEngineFailure() {
        assertThatThrownBy(() -> say(FIRST, "]},{\"", Map.of("]},{\"", 0.9, "]}]", Double.NaN)))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("no numbers");
    }

    /** @param weights of words; all others have none */
    private void say(String before, String word, Map<String, Double> weights) {
        float[] logits = new float[WORDS.size()];
        Arrays.fill(logits, -100);
        weights.forEach((one, weight) -> logits[WORDS.indexOf(one)] = (float) Math.log(weight));
        long state = grammar.next(grammar.start(), Tokenizer.utf8(before));
        TokenMask allowed = masks.of(grammar, state);
        int token = WORDS.indexOf(word);
        assertThat(allowed.has(token)).as("%s after %s", word, before).isTrue();
        shares.chosen(state, logits, allowed, token);
    }
}

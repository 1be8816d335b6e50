package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.inspect.Conversation.Choice;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VerdictSharesTest {

    @Test
    void onlyTheVerdictsFirstTokensShareTheWhole() {
        Map<Choice, Double> shares =
                shares(new FakeEngine(_ -> logits(9, 0, 1, 2)), List.of(1), List.of(2), List.of(3));
        assertThat(shares.getOrDefault(Choice.PASS, 0.0)).isCloseTo(1 / (1 + Math.E + Math.E * Math.E), within(1e-9));
        assertThat(shares.values().stream().mapToDouble(it -> it).sum()).isCloseTo(1, within(1e-12));
    }

    /** A vocabulary that cuts RE|JECT and RE|VIEW: RE has the share of both, the next token divides it. */
    @Test
    void verdictsThatBeginAlikeAreToldApartByTheNextToken() {
        var engine = new FakeEngine(said -> said[said.length - 1] == 2
                ? logits(0, 0, 0, 0, (float) Math.log(3), 0)
                : logits(0, (float) Math.log(1), (float) Math.log(4), 0, 0, 0));
        Map<Choice, Double> shares = shares(engine, List.of(1, 6), List.of(2, 4), List.of(2, 5));
        assertThat(shares.getOrDefault(Choice.PASS, 0.0)).isCloseTo(0.2, within(1e-6));
        assertThat(shares.getOrDefault(Choice.REJECT, 0.0)).isCloseTo(0.6, within(1e-6));
        assertThat(shares.getOrDefault(Choice.REVIEW, 0.0)).isCloseTo(0.2, within(1e-6));
    }

    @Test
    void onlyTokensThatDecideAreAskedAbout() {
        assertThat(new VerdictShares(Map.of(
                                Choice.PASS, new int[] {1, 6},
                                Choice.REJECT, new int[] {2, 4, 7},
                                Choice.REVIEW, new int[] {2, 5}))
                        .tokens())
                .containsExactly(1, 2, 4, 5);
    }

    @Test
    void veryLargeLogitsDoNotOverflow() {
        Map<Choice, Double> shares =
                shares(new FakeEngine(_ -> logits(0, 3e38f, -3e38f, 0)), List.of(1), List.of(2), List.of(3));
        assertThat(shares).containsEntry(Choice.PASS, 1.0).containsEntry(Choice.REVIEW, 0.0);
    }

    @Test
    void aLogitThatIsNoNumberIsAnEngineFailure() {
        var engine = new FakeEngine(_ -> logits(0, 1, Float.NaN, 0));
        assertThatThrownBy(() -> shares(engine, List.of(1), List.of(2), List.of(3)))
                .isInstanceOf(EngineException.class)
                .hasMessage("the model's logit of token 2 is NaN");
        assertThat(engine.open).isZero();
    }

    /** Asked as an inspector asks: one continuation for each place, none of them empty. */
    private static Map<Choice, Double> shares(
            FakeEngine engine, List<Integer> pass, List<Integer> reject, List<Integer> review) {
        var shares = new VerdictShares(
                Map.of(Choice.PASS, ints(pass), Choice.REJECT, ints(reject), Choice.REVIEW, ints(review)));
        try (Engine.Context nothing = engine.start()) {
            return shares.of(TokenLogits.after(
                    engine,
                    nothing,
                    shares.places().stream()
                            .map(place -> IntStream.concat(IntStream.of(0), IntStream.of(place))
                                    .toArray())
                            .toList(),
                    shares.tokens()));
        }
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(it -> it).toArray();
    }

    private static float[] logits(float... values) {
        return values;
    }
}

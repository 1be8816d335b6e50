package goshawk.appliance.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.remote.ChatClient.Said;
import goshawk.appliance.remote.ChatClient.Token;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaidVerdictTest {

    private static final List<String> DEFECTS = List.of("scratch", "dent");

    @Test
    void withoutSharesTheWordIsAllThereIs() {
        assertThat(of("{\"verdict\":\"PASS\"}").score()).isZero();
        assertThat(of("{\"verdict\": \"REVIEW\"}").doubt()).isEqualTo(1);
        SaidVerdict rejects = of(
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"dent\",\"box\":[1,2,3,4]},{\"defect\":\"rust\",\"box\":[1,2,3,4]},{\"defect\":\"dent\",\"box\":[5,2,3,4]},{\"defect\":\"dent\",\"box\":[0,0,1001,4]}]}");
        assertThat(rejects.score()).isEqualTo(1);
        assertThat(rejects.boxes())
                .as("codes of the recipe, boxes that are some")
                .containsExactly(new SaidVerdict.Box("dent", 1, 2, 3, 4));
    }

    @Test
    void theSharesAreThoseAtThePlaceOfTheVerdict() {
        SaidVerdict said = said("{\"", "verdict", "\":\"", "PASS|PASS=0.6,REJECT=0.3,REVIEW=0.1", "\"}");
        assertThat(said.score()).isCloseTo(0.3, within(1e-9));
        assertThat(said.doubt()).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void sharesOfOtherWordsDoNotCount() {
        SaidVerdict said = said("{\"verdict\":\"", "PASS|PASS=0.2,pass=0.5,REJECT=0.2", "\"}");
        assertThat(said.score()).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void aTokenMayHoldTheQuoteAsWell() {
        SaidVerdict said = said("{\"verdict\":", "\"REJECT|\"REJECT=0.8,\"PASS=0.2", "\"}");
        assertThat(said.score()).isCloseTo(0.8, within(1e-9));
        SaidVerdict closed = said("{\"verdict\":\"", "PASS\"}|PASS\"}=0.75,REVIEW\"}=0.25");
        assertThat(closed.doubt()).isCloseTo(0.25, within(1e-9));
    }

    @Test
    void wordsThatBeginAlikeAreToldApartByTheNextToken() {
        SaidVerdict said = said("{\"verdict\":\"", "RE|RE=0.5,PASS=0.5", "JECT|JECT=0.8,VIEW=0.2", "\"}");
        assertThat(said.score()).isCloseTo(0.4, within(1e-9));
        assertThat(said.doubt()).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void whereItIsNotKnownWhichOfThemItIsDoubt() {
        SaidVerdict said = said("{\"verdict\":\"", "PASS|PASS=0.9,RE=0.1", "\"}");
        assertThat(said.score()).isZero();
        assertThat(said.doubt()).isCloseTo(0.1, within(1e-9));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "null", "[]", "PASS", "{}", "{\"verdict\":\"MAYBE\"}", "{\"verdict\":null}", "{\"verdict\":"
            })
    void whatIsNoVerdictIsRefused(String content) {
        assertThatThrownBy(() -> of(content)).isInstanceOf(RemoteException.class);
    }

    private static SaidVerdict of(String content) {
        return SaidVerdict.of(new Said(content, List.of()), DEFECTS);
    }

    /** Each token is its text, and behind | what else could have stood there with which share. */
    private static SaidVerdict said(String... tokens) {
        var content = new StringBuilder();
        List<Token> told = new ArrayList<>();
        for (String token : tokens) {
            String text = token.replaceAll("\\|.*", "");
            content.append(text);
            List<Token> likeliest = new ArrayList<>();
            if (token.contains("|")) {
                for (String other : token.substring(token.indexOf('|') + 1).split(",", -1)) {
                    double share = Double.parseDouble(other.substring(other.indexOf('=') + 1));
                    likeliest.add(new Token(other.substring(0, other.indexOf('=')), Math.log(share), List.of()));
                }
            }
            told.add(new Token(text, 0, likeliest));
        }
        return SaidVerdict.of(new Said(content.toString(), told), DEFECTS);
    }
}

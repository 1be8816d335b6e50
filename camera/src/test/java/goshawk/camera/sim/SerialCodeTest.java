package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class SerialCodeTest {

    /** The example of ISO 7064 itself. */
    @Test
    void theCheckCharacterIsThatOfTheStandard() {
        assertThat(SerialCode.checked("A12425GABC1234002")).isEqualTo("A12425GABC1234002M");
    }

    @Test
    void codesDifferFromPartToPart() {
        var codes = new HashSet<String>();
        for (long index = 0; index < 200; index++) {
            PartTruth truth =
                    BracketRenderer.render(4, index, PartKind.GOOD, true).truth();
            assertThat(truth.code()).matches("GB45-\\d{6}[0-9A-Z]");
            assertThat(SerialCode.checked(truth.code().substring(0, 11))).isEqualTo(truth.code());
            codes.add(truth.code());
            index += 19;
        }
        assertThat(codes).hasSize(10);
    }

    /** Whoever reads a spoilt label must say so and not guess. */
    @Test
    void nobodyReadsWhatIsNotThere() {
        LongStream.range(0, 60).forEach(index -> {
            Scene good = new SceneDraw(4, index).good(true);
            Scene bad = new DefectDraw(new Dice(4, index, "test"), good)
                    .draw(PartKind.BAD_LABEL)
                    .onto()
                    .apply(good);
            boolean whole = bad.label().damage() == Scene.Damage.NONE
                    && Math.abs(StrictMath.toDegrees(bad.label().turn())) < 2;
            assertThat(LegibleCode.of(bad)).isEqualTo(whole ? bad.label().text() : "");
        });
    }

    @Test
    void whatCoversTheLabelHidesTheCode() {
        int hidden = 0;
        for (long index = 0; index < 40; index++) {
            Scene good = new SceneDraw(4, index).good(true);
            Defect defect = new DefectDraw(new Dice(4, index, "test"), good).draw(PartKind.OBSCURED);
            String code = LegibleCode.of(defect.onto().apply(good));
            if (defect.code().equals("obscured_label")) {
                hidden++;
                assertThat(code).as("part %d", index).isEmpty();
            } else if (defect.code().equals("obscured_bolt")) {
                assertThat(code).as("part %d", index).isIn("", good.label().text());
            }
        }
        assertThat(hidden).isPositive();
    }
}

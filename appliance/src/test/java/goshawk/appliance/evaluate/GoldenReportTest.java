package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.Verification;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts of one pixel row: the first byte says what the inspector will say to them. */
class GoldenReportTest {

    private static final int SEEN_BAD = 200;
    private static final int SEEN_GOOD = 0;

    @TempDir
    Path dir;

    private int looks;

    /** Rejects what is bright. */
    private final class Bright implements Inspector {

        @Override
        public Inspection.Completed inspect(Views views, Deadline deadline) {
            looks++;
            Frame frame = views.only();
            return Records.seen((frame.rgb()[0] & 0xFF) > 100 ? 0.9 : 0.01);
        }

        @Override
        public void close() {}
    }

    /** @param levels one for each presentation, then the one with words */
    private record Told(String file, String label, int... levels) implements GoldenPart {

        @Override
        public Shown show(int presentation) {
            return new Shown(known(""), Views.of(frame(levels[presentation])));
        }

        @Override
        public Optional<Shown> written() {
            return levels.length > 3
                    ? Optional.of(new Shown(known("PASS"), Views.of(frame(levels[3]))))
                    : Optional.empty();
        }

        private KnownPart known(String writing) {
            return new KnownPart(file, label, List.of(), "", writing);
        }

        private static Frame frame(int level) {
            byte[] rgb = new byte[8 * 8 * 3];
            rgb[0] = (byte) level;
            return Frame.of(8, 8, rgb);
        }
    }

    private static GoldenSet set(double escapeRate, Map<String, Double> escapeRates, double falseCallRate) {
        return new GoldenSet(
                new GoldenSet.Source.Rendered(1, Map.of("good", 1), 0),
                new GoldenSet.Demands(escapeRate, escapeRates, falseCallRate, 0.95, OptionalDouble.of(0.75)),
                GoldenSet.LimitSamples.NONE);
    }

    private GoldenReport report(GoldenSet set, List<GoldenPart> parts) {
        return GoldenReport.of(
                set, new GoldenParts(parts, "as told"), true, new Judge(new Bright(), Duration.ofMinutes(1)), _ -> {});
    }

    private static List<GoldenPart> parts(int good, int bad) {
        List<GoldenPart> parts = new ArrayList<>();
        for (int i = 0; i < good; i++) {
            parts.add(new Told("good-" + i, "good", SEEN_GOOD, SEEN_GOOD, SEEN_GOOD));
        }
        for (int i = 0; i < bad; i++) {
            parts.add(new Told("bad-" + i, "missing_bolt", SEEN_BAD, SEEN_BAD, SEEN_BAD));
        }
        return parts;
    }

    @Test
    void aRecipePassesByItsBoundsNotByItsLuck() {
        GoldenReport enough = report(set(0.05, Map.of(), 0.05), parts(60, 60));
        assertThat(enough.isPassed()).as("60 of 60: at most 4.9 %").isTrue();
        GoldenReport few = report(set(0.05, Map.of(), 0.05), parts(60, 20));
        assertThat(few.isPassed()).as("20 of 20: at most 13.9 %").isFalse();
        assertThat(few.verification(Records.AT, Records.PROVENANCE, "").shortfalls())
                .singleElement()
                .asString()
                .startsWith("escapes: 0 of 20, at most 13.9 %");
    }

    @Test
    void aKindThatIsDemandedMustBeThere() {
        GoldenReport report = report(set(0.05, Map.of("crack", 0.5), 0.05), parts(60, 60));
        assertThat(report.isPassed()).isFalse();
        assertThat(report.text()).contains("NOT MET escapes of crack: 0 of 0, at most 100.0 %");
    }

    @Test
    void theStudyShowsFiftyPartsThreeTimesAndCountsFlips() {
        List<GoldenPart> parts = parts(60, 60);
        parts.set(0, new Told("good-0", "good", SEEN_GOOD, SEEN_BAD, SEEN_GOOD));
        GoldenReport report = report(set(0.05, Map.of(), 0.05), parts);
        assertThat(looks).isEqualTo(120 + 2 * 50);
        assertThat(report.agreement().flips()).isEqualTo(new Proportion(1, 50));
        assertThat(report.test().study().stream().filter(part -> part.known().isGood()))
                .as("half of them good")
                .hasSize(25);
        assertThat(report.evaluation().good().caught().hits())
                .as("only the first presentation counts as a false call")
                .isZero();
    }

    @Test
    void aBadPartThatPassesBecauseOfWordsIsARowOfItsOwn() throws IOException {
        List<GoldenPart> parts = parts(60, 60);
        parts.add(new Told("fooled", "missing_bolt", SEEN_BAD, SEEN_BAD, SEEN_BAD, SEEN_GOOD));
        parts.add(new Told("called", "good", SEEN_GOOD, SEEN_GOOD, SEEN_GOOD, SEEN_BAD));
        GoldenReport report = report(set(0.05, Map.of(), 0.05), parts);
        assertThat(report.turned())
                .singleElement()
                .satisfies(one -> assertThat(one.known().file()).isEqualTo("fooled"));
        JsonNode written = new ObjectMapper().readTree(report.json()).get("written");
        assertThat(written).hasSize(2);
        assertThat(written.get(0).get("without").asText()).isEqualTo("REJECT");
        assertThat(written.get(0).get("with").asText()).isEqualTo("PASS");
        assertThat(report.evaluation().caught()).as("they are no golden parts").isEqualTo(new Proportion(61, 61));
    }

    @Test
    void aRehearsalPassesNothing() {
        GoldenReport report = GoldenReport.of(
                set(0.5, Map.of(), 0.5),
                new GoldenParts(parts(20, 20), "as told"),
                false,
                new Judge(new Bright(), Duration.ofMinutes(1)),
                _ -> {});
        Verification verification = report.verification(Records.AT, Records.PROVENANCE, "");
        assertThat(report.isPassed()).isTrue();
        assertThat(verification.isPassed()).isFalse();
    }

    @Test
    void aThoughtIsSetBesideNoneWithWhatItCosts() {
        GoldenReport thinking = report(set(0.5, Map.of(), 0.5), parts(2, 2));
        Inspector silent = new Inspector() {
            @Override
            public Inspection.Completed inspect(Views views, Deadline deadline) {
                if (views.only().rgb()[0] != SEEN_GOOD) {
                    throw new InspectionException(Cause.LATE, "too late");
                }
                var seen = Records.seen(0.01);
                return new Inspection.Completed(seen.scores(), seen.findings(), seen.timings());
            }

            @Override
            public void close() {}
        };
        GoldenReport atOnce = GoldenReport.of(
                set(0.5, Map.of(), 0.5),
                new GoldenParts(parts(2, 2), "as told"),
                true,
                new Judge(silent, Duration.ofMinutes(1)),
                _ -> {});
        assertThat(thinking.besides(atOnce)
                        .lines()
                        .map(line -> line.replaceAll(" +", " ").strip()))
                .anySatisfy(row -> assertThat(row)
                        .startsWith("after a thought 0 of 2 0 of 2 0 0 of 4 1.000")
                        .endsWith("12.0 0 of 4"))
                .anySatisfy(row -> assertThat(row)
                        .startsWith("at once 0 of 2 0 of 2 2 0 of 4 1.000")
                        .endsWith("– –"));
    }

    @Test
    void aFolderOfPicturesIsReadWithItsLimitSamplesAndShownAgainWithNoise() throws IOException {
        StringBuilder truth = new StringBuilder("file,label,defects,writing\n");
        for (int i = 0; i < 6; i++) {
            var picture = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
            for (int pixel = 0; pixel < 256; pixel++) {
                picture.setRGB(pixel % 16, pixel / 16, i % 2 == 0 ? 0x202020 : 0xd0d0d0);
            }
            ImageIO.write(picture, "png", dir.resolve("p%d.png".formatted(i)).toFile());
            truth.append("p%d.png,%s,[],\n".formatted(i, i % 2 == 0 ? "good" : "dent"));
        }
        Files.writeString(dir.resolve("truth.csv"), truth);
        var set = new GoldenSet(
                new GoldenSet.Source.Folder("golden", dir),
                new GoldenSet.Demands(1, Map.of(), 1, 0.95, OptionalDouble.empty()),
                new GoldenSet.LimitSamples(0, List.of("p3.png")));
        GoldenParts parts = GoldenParts.of(set, List.of(Views.ONLY));
        byte[] once = bytes(parts.parts().getFirst().show(1));
        assertThat(once)
                .as("the same noise each time")
                .isEqualTo(bytes(parts.parts().getFirst().show(1)))
                .isNotEqualTo(bytes(parts.parts().getFirst().show(0)))
                .isNotEqualTo(bytes(parts.parts().getFirst().show(2)));
        GoldenReport report =
                GoldenReport.of(set, parts, true, new Judge(new Bright(), Duration.ofMinutes(1)), _ -> {});
        assertThat(report.isPassed()).isTrue();
        assertThat(report.test().study().getFirst().known().file()).isEqualTo("p3.png");
        assertThat(report.test().study()).hasSize(6);
    }

    private static byte[] bytes(GoldenPart.Shown shown) {
        try (Views views = shown.views()) {
            return views.only().rgb().clone();
        }
    }

    @Test
    void aFolderWithoutTruthIsNamed() {
        assertThatThrownBy(() -> GoldenParts.folder(dir, dir.resolve("truth.csv"), "", List.of(Views.ONLY)))
                .isInstanceOf(EvaluationException.class)
                .hasMessageContaining("truth.csv");
    }
}

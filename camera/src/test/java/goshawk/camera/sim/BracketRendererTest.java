package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BracketRendererTest {

    private static final long SEED = 20261122;

    @Test
    void theSameSeedAndIndexGiveTheSamePicture() {
        for (long index = 0; index < 4; index++) {
            SimulatedPart once = BracketRenderer.render(SEED, index, RenderOptions.USUAL);
            SimulatedPart again = BracketRenderer.render(SEED, index, RenderOptions.USUAL);
            assertThat(again.rgb()).isEqualTo(once.rgb());
            assertThat(again.truth()).isEqualTo(once.truth());
        }
    }

    @Test
    void otherSeedsAndIndicesGiveOtherPictures() {
        byte[] picture = BracketRenderer.render(SEED, 0, PartKind.GOOD, true).rgb();
        assertThat(BracketRenderer.render(SEED, 1, PartKind.GOOD, true).rgb()).isNotEqualTo(picture);
        assertThat(BracketRenderer.render(SEED + 1, 0, PartKind.GOOD, true).rgb())
                .isNotEqualTo(picture);
    }

    /** A part is the same whichever others were asked for: figures of one mix can be compared with those of another. */
    @Test
    void aPartDoesNotDependOnTheMix() {
        var onlyDents = new RenderOptions(KindMix.parse("dent=3"), true);
        assertThat(BracketRenderer.render(SEED, 2, onlyDents).rgb())
                .isEqualTo(BracketRenderer.render(SEED, 2, PartKind.DENT, true).rgb());
    }

    @ParameterizedTest
    @EnumSource(value = PartKind.class, names = "GOOD", mode = EnumSource.Mode.EXCLUDE)
    void theBoxHoldsEveryPixelThatTheDefectChanges(PartKind kind) {
        for (long index = 0; index < 5; index++) {
            Scene good = new SceneDraw(SEED, index).good(true);
            for (BracketRenderer.Placed placed : BracketRenderer.defects(new Dice(SEED, index, "defect"), good, kind)) {
                Scene bad = placed.defect().onto().apply(good);
                Canvas without = whole(good);
                Canvas with = whole(bad);
                var difference = Difference.between(without, with);
                DefectBox box = placed.box();
                int[] changed = difference.box();
                assertThat(changed[0] >= box.left()
                                && changed[1] >= box.top()
                                && changed[2] <= box.right()
                                && changed[3] <= box.bottom())
                        .as("%s of part %d: %s, changed %s", kind, index, box, changed)
                        .isTrue();
                assertThat(difference.seenPixels())
                        .as("%s of part %d shows", kind, index)
                        .isGreaterThanOrEqualTo(DefectLimits.SEEN_PIXELS);
            }
        }
    }

    @Test
    void aWindowShowsWhatTheWholePictureShows() {
        Scene scene = new SceneDraw(SEED, 7).good(true);
        Canvas whole = whole(scene).cut(200, 150, 330, 260);
        Canvas window = BracketRenderer.painted(scene, 200, 150, 330, 260);
        assertThat(window.red).isEqualTo(whole.red);
        assertThat(window.green).isEqualTo(whole.green);
        assertThat(window.blue).isEqualTo(whole.blue);
    }

    @Test
    void theKindOfAPartIsTheKindOfItsFirstDefect() {
        for (long index = 0; index < 40; index++) {
            PartTruth truth =
                    BracketRenderer.render(SEED, index, RenderOptions.USUAL).truth();
            if (truth.kind() != PartKind.GOOD) {
                assertThat(truth.defects().getFirst().code())
                        .startsWith(truth.kind().code());
            }
        }
    }

    @Test
    void someBadPartsHaveASecondMilderDefectOfAnotherKind() {
        List<PartTruth> missing = LongStream.range(0, 40)
                .mapToObj(index -> truth(index, PartKind.MISSING_BOLT))
                .toList();
        List<PartTruth> two =
                missing.stream().filter(truth -> truth.defects().size() == 2).toList();
        assertThat(two).hasSizeBetween(1, 16);
        assertThat(two)
                .allSatisfy(truth ->
                        assertThat(PartKind.of(truth.defects().get(1).code())).isLessThan(PartKind.MISSING_BOLT));
    }

    /** What covers a part must hide it; a glare that is no defect must not. */
    @Test
    void onlyADefectSaturates() {
        for (long index = 0; index < 30; index++) {
            Canvas canvas = whole(new SceneDraw(SEED, index).good(true));
            long white = IntStream.range(0, canvas.green.length)
                    .filter(i -> canvas.green[i] >= 254)
                    .count();
            assertThat(white).as("part %d", index).isLessThan(canvas.green.length / 200);
        }
    }

    /** Training, verification and the demo draw the same part from the same numbers, on whatever machine. */
    @Test
    void theBytesAreTheSameOnEveryMachine() {
        var crc = new java.util.zip.CRC32();
        for (PartKind kind : PartKind.values()) {
            crc.update(BracketRenderer.render(1, 1, kind, true).rgb());
        }
        assertThat(Long.toHexString(crc.getValue())).isEqualTo("f2085830");
    }

    private static PartTruth truth(long index, PartKind kind) {
        Scene good = new SceneDraw(SEED, index).good(true);
        var boxes = BracketRenderer.defects(new Dice(SEED, index, "defect"), good, kind).stream()
                .map(BracketRenderer.Placed::box)
                .toList();
        return new PartTruth(kind, boxes, good.pose(), "", "");
    }

    private static Canvas whole(Scene scene) {
        return BracketRenderer.painted(scene, 0, 0, BracketRenderer.WIDTH, BracketRenderer.HEIGHT);
    }

    @Test
    void aPartLaidDownAgainIsTheSamePartInAnotherPicture() {
        var dents = new RenderOptions(KindMix.parse("dent=3"), true, 0);
        SimulatedPart first = BracketRenderer.render(SEED, 1, dents);
        assertThat(BracketRenderer.again(SEED, 1, dents, 0).rgb()).isEqualTo(first.rgb());
        SimulatedPart second = BracketRenderer.again(SEED, 1, dents, 1);
        assertThat(second.rgb()).isNotEqualTo(first.rgb());
        assertThat(BracketRenderer.again(SEED, 1, dents, 1).rgb()).isEqualTo(second.rgb());
        assertThat(second.truth().kind()).isEqualTo(PartKind.DENT);
        assertThat(second.truth().pose()).isNotEqualTo(first.truth().pose());
        assertThat(second.truth().defects()).hasSameSizeAs(first.truth().defects());
        assertThat(second.truth().code())
                .as("the same label")
                .isEqualTo(first.truth().code());
    }
}

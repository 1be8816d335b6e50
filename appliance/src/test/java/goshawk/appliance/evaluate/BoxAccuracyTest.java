package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.appliance.evaluate.KnownPart.Mark;
import goshawk.camera.Region;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BoxAccuracyTest {

    @Test
    void overlapIsIntersectionOverUnion() {
        var box = new Region(0, 0, 10, 10);
        assertThat(BoxAccuracy.overlap(box, box)).isEqualTo(1);
        assertThat(BoxAccuracy.overlap(box, new Region(5, 0, 15, 10))).isEqualTo(50.0 / 150, within(1e-12));
        assertThat(BoxAccuracy.overlap(box, new Region(10, 0, 20, 10))).isZero();
        assertThat(BoxAccuracy.overlap(box, new Region(20, 20, 30, 30))).isZero();
    }

    @Test
    void twoFindingsCannotHitOneMark() {
        var rows = BoxAccuracy.byGroup(
                List.of(judged("a", new Region(0, 0, 10, 10), new Region(1, 0, 11, 10))),
                Map.of("a", known("a", "left", new Region(0, 0, 10, 10), new Region(50, 50, 60, 60))));
        assertThat(rows.getLast().hit()).isEqualTo(new Proportion(1, 2));
        assertThat(rows.getLast().stray()).isEqualTo(1);
    }

    @Test
    void bestPairsComeFirst() { // the first finding overlaps both marks, but the second has no other
        var rows = BoxAccuracy.byGroup(
                List.of(judged("a", new Region(3, 0, 13, 10), new Region(0, 0, 10, 10))),
                Map.of("a", known("a", "left", new Region(0, 0, 10, 10), new Region(6, 0, 16, 10))));
        assertThat(rows.getLast().hit()).isEqualTo(new Proportion(2, 2));
    }

    @Test
    void groupsAreCountedApartAndTogether() {
        var place = new Region(0, 0, 10, 10);
        var rows = BoxAccuracy.byGroup(
                List.of(judged("a", place), judged("b", place), judged("c"), judged("unknown", place)),
                Map.of("a", known("a", "left", place), "b", known("b", "right"), "c", known("c", "right", place)));
        assertThat(rows).extracting(BoxAccuracy::name).containsExactly("left", "right", "all");
        assertThat(rows).extracting(BoxAccuracy::stray).containsExactly(0, 1, 1);
        assertThat(rows).extracting(BoxAccuracy::pictures).containsExactly(1, 2, 3);
        assertThat(rows).extracting(row -> row.hit().hits()).containsExactly(1, 0, 1);
        assertThat(rows.get(1).strayPerPicture()).isEqualTo(0.5);
    }

    private static JudgedPart judged(String file, Region... found) {
        return new JudgedPart(
                file,
                Call.REJECT,
                OptionalDouble.of(1),
                Stream.of(found)
                        .map(region -> new Found("board", "open", 1, region))
                        .toList(),
                OptionalDouble.empty());
    }

    private static KnownPart known(String file, String group, Region... marks) {
        return new KnownPart(
                file,
                marks.length == 0 ? "good" : "defect",
                Stream.of(marks).map(place -> new Mark(place, "short")).toList(),
                group);
    }
}

package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Seams.Sighting;
import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Defects on seams are found once: not twice because two tiles saw them, and never not at all. */
class SeamsTest {

    private static final Tiles LONG = new Tiles(512, 400, 64);
    private static final Map<String, Region> TILES = LONG.of("strip", new Region(0, 0, 512, 1_408));
    private static final Map<String, Region> GRID = new Tiles(200, 200, 48).of("plate", new Region(30, 40, 530, 460));

    private static final Region FIRST = new Region(0, 0, 512, 400);
    private static final Region SECOND = new Region(0, 336, 512, 736);

    /** What a tile must see of a defect to name it. */
    private static final double VISIBLE = 0.4;

    @Test
    void aDefectAtAnyPlaceOfASeamIsOneFindingAroundAllOfIt() {
        assertThat(TILES).containsEntry("strip.1", FIRST).containsEntry("strip.2", SECOND);
        for (int height : new int[] {4, 12, 30, 64, 120}) {
            for (int width : new int[] {4, 12, 100}) {
                for (int top = 0; top + height <= 1_408; top++) {
                    var defect = new Region(200, top, 200 + width, top + height);
                    List<Finding> found = Seams.joined(looked(TILES, List.of(defect), 0, new Random(top)));
                    assertThat(found)
                            .as("%d×%d at %d", width, height, top)
                            .singleElement()
                            .satisfies(it -> assertThat(covers(it.region(), defect, 2))
                                    .as("%s covers %s", it.region(), defect)
                                    .isTrue());
                }
            }
        }
    }

    @Test
    void noModelPlacesABoxExactly() {
        int places = 0;
        for (int seed = 0; seed < 3_000; seed++) {
            var random = new Random(seed);
            int width = 6 + random.nextInt(90);
            int height = 6 + random.nextInt(90);
            int left = 30 + random.nextInt(500 - width);
            int top = 40 + random.nextInt(420 - height);
            var defect = new Region(left, top, left + width, top + height);
            List<Sighting> sightings = looked(GRID, List.of(defect), 3, random);
            places += sightings.size() > 1 ? 1 : 0;
            assertThat(Seams.joined(sightings)).as("seed %d, %s", seed, defect).hasSize(1);
        }
        assertThat(places).as("defects that several tiles saw").isGreaterThan(500);
    }

    @Test
    void aScratchAcrossAllTilesIsOne() {
        for (int slant = -200; slant <= 200; slant += 10) {
            List<Sighting> sightings = new ArrayList<>();
            for (var tile : TILES.entrySet()) { // what of the slanted scratch lies in the tile, as a box
                double x0 = 256 + slant * (tile.getValue().top() - 704) / 704.0;
                double x1 = 256 + slant * (tile.getValue().bottom() - 704) / 704.0;
                int left = (int) Math.min(x0, x1) - 3;
                int right = (int) Math.max(x0, x1) + 3;
                sightings.add(sighting(
                        tile,
                        new Region(
                                left,
                                tile.getValue().top(),
                                right,
                                tile.getValue().bottom()),
                        0.7));
            }
            assertThat(Seams.joined(sightings))
                    .as("slant of %d px", slant)
                    .singleElement()
                    .satisfies(it -> assertThat(it.region().height()).isEqualTo(1_408));
        }
    }

    @Test
    void twoDefectsSideBySideStayTwoAtAnyPlaceOfASeam() {
        for (int gap : new int[] {8, 20, 40}) {
            for (int top = 0; top + 20 <= 1_408; top++) {
                var one = new Region(200, top, 220, top + 20);
                var other = new Region(220 + gap, top, 240 + gap, top + 20);
                List<Finding> found = Seams.joined(looked(TILES, List.of(one, other), 0, new Random(top)));
                assertThat(found).as("%d px apart at %d", gap, top).hasSize(2);
            }
            for (int top = 0; top + 40 + gap <= 1_408; top++) {
                var one = new Region(200, top, 220, top + 20);
                var other = new Region(200, top + 20 + gap, 220, top + 40 + gap);
                List<Finding> found = Seams.joined(looked(TILES, List.of(one, other), 0, new Random(top)));
                assertThat(found)
                        .as("%d px one below the other at %d", gap, top)
                        .hasSize(2);
            }
        }
    }

    @Test
    void onlyOneDefectOfOneQuestionInOneRegionIsJoinedAndTheSurestSpeaks() {
        var first = Map.entry("strip.1", FIRST);
        var second = Map.entry("strip.2", SECOND);
        var place = new Region(100, 370, 130, 395);
        var sure = new Finding("p", "scratch", 0.9, place, "sure");
        var faint = new Finding("p", "scratch", 0.6, place, "faint");
        assertThat(Seams.joined(List.of(
                        new Sighting("strip.1", first.getValue(), faint),
                        new Sighting("strip.2", second.getValue(), sure))))
                .containsExactly(sure);
        assertThat(Seams.joined(List.of(
                        new Sighting("strip.1", first.getValue(), faint),
                        new Sighting("strip.2", second.getValue(), new Finding("p", "dent", 0.9, place, "other")))))
                .hasSize(2);
        assertThat(Seams.joined(List.of(
                        new Sighting("strip.1", first.getValue(), faint),
                        new Sighting("strip.2", second.getValue(), new Finding("q", "scratch", 0.9, place, "other")))))
                .hasSize(2);
        assertThat(Seams.joined(List.of(
                        new Sighting("left", first.getValue(), faint), new Sighting("right", second.getValue(), sure))))
                .as("regions that people drew across each other are two questions")
                .hasSize(2);
    }

    @Test
    void aDoubtAboutAWholeTileNamesNoPlaceAndIsLeftAsItIs() {
        var doubt = new Finding("p", "scratch", 0.1, FIRST, "review");
        var found = new Finding("p", "scratch", 0.9, new Region(100, 370, 130, 395), "reject");
        assertThat(Seams.joined(List.of(new Sighting("strip.1", FIRST, doubt), new Sighting("strip.2", SECOND, found))))
                .containsExactly(doubt, found);
    }

    /** What each tile sees of the defects: the part of each that lies in it, if that is enough to name it. */
    private static List<Sighting> looked(Map<String, Region> tiles, List<Region> defects, int jitterPx, Random random) {
        List<Sighting> sightings = new ArrayList<>();
        for (var tile : tiles.entrySet()) {
            for (Region defect : defects) {
                seen(tile.getValue(), defect)
                        .ifPresent(part ->
                                sightings.add(sighting(tile, jittered(part, tile.getValue(), jitterPx, random), 0.5)));
            }
        }
        return sightings;
    }

    private static Optional<Region> seen(Region tile, Region defect) {
        int left = Math.max(tile.left(), defect.left());
        int top = Math.max(tile.top(), defect.top());
        int right = Math.min(tile.right(), defect.right());
        int bottom = Math.min(tile.bottom(), defect.bottom());
        boolean isVisible = right > left
                && bottom > top
                && (right - left) * (bottom - top) >= VISIBLE * defect.width() * defect.height();
        return isVisible ? Optional.of(new Region(left, top, right, bottom)) : Optional.empty();
    }

    private static Region jittered(Region box, Region tile, int by, Random random) {
        if (by == 0) {
            return box;
        }
        int left = Math.clamp(box.left() + random.nextInt(-by, by + 1), tile.left(), tile.right() - 1);
        int top = Math.clamp(box.top() + random.nextInt(-by, by + 1), tile.top(), tile.bottom() - 1);
        return new Region(
                left,
                top,
                Math.clamp(box.right() + random.nextInt(-by, by + 1), left + 1, tile.right()),
                Math.clamp(box.bottom() + random.nextInt(-by, by + 1), top + 1, tile.bottom()));
    }

    private static Sighting sighting(Map.Entry<String, Region> tile, Region box, double score) {
        return new Sighting(tile.getKey(), tile.getValue(), new Finding("p", "scratch", score, box, "answer"));
    }

    private static boolean covers(Region outer, Region inner, int slack) {
        return outer.left() <= inner.left() + slack
                && outer.top() <= inner.top() + slack
                && outer.right() >= inner.right() - slack
                && outer.bottom() >= inner.bottom() - slack;
    }
}

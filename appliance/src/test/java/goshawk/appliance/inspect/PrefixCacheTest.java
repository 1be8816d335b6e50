package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Engines;
import goshawk.camera.Frame;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fake engine's contexts take a byte a token; a reference stands for 4 tokens. */
class PrefixCacheTest {

    private static final Passage SYSTEM = new Passage(Optional.empty(), new int[] {1, 2, 3, 4});

    @TempDir
    Path dir;

    private final FakeEngine engine = new FakeEngine(_ -> new float[0]);
    private ModelInput input;

    @BeforeEach
    void open() {
        input = TestInput.of("thinking", dir, List.of());
    }

    @AfterEach
    void everythingIsGivenBack() {
        input.close();
        assertThat(engine.open).isZero();
    }

    @Test
    void equalContentIsTheSamePrefixWhoeverAsks() {
        var counters = new PrefixCounters(1_000);
        try (var cache = new PrefixCache(engine, input, counters)) {
            try (var one = cache.use(List.of(SYSTEM, reference(7, 1)));
                    var same = cache.use(
                            List.of(new Passage(Optional.empty(), new int[] {1, 2, 3, 4}), reference(7, 1)))) {
                assertThat(same.context()).isSameAs(one.context());
            }
            assertThat(engine.seen).hasSize(1);
            cache.use(List.of(SYSTEM, reference(8, 1))).close();
            assertThat(engine.seen).as("other pixels").hasSize(2);
            cache.use(List.of(SYSTEM, reference(7, 2))).close();
            assertThat(engine.seen).as("other words").hasSize(3);
            assertThat(counters.snapshot()).isEqualTo(new PrefixCounters.Snapshot(3, 4, 0, 4 + 9 + 9 + 10, 1_000));
        }
    }

    @Test
    void whatWasNotUsedForTheLongestTimeIsDroppedFirst() {
        var counters = new PrefixCounters(4 + 9 + 9);
        try (var cache = new PrefixCache(engine, input, counters)) {
            cache.use(List.of(SYSTEM, reference(1, 1))).close();
            cache.use(List.of(SYSTEM, reference(2, 1))).close();
            cache.use(List.of(SYSTEM, reference(1, 1))).close();
            cache.use(List.of(SYSTEM, reference(3, 1))).close(); // drops 2
            assertThat(counters.snapshot().bytes()).isEqualTo(22);
            cache.use(List.of(SYSTEM, reference(1, 1))).close();
            assertThat(engine.seen).hasSize(3);
            cache.use(List.of(SYSTEM, reference(2, 1))).close();
            assertThat(engine.seen).hasSize(4);
            assertThat(counters.snapshot().evictions()).as("2, then 3").isEqualTo(2);
        }
        assertThat(counters.snapshot().bytes()).as("closed").isZero();
    }

    @Test
    void whatIsInUseIsNeverDropped() {
        var counters = new PrefixCounters(0);
        try (var cache = new PrefixCache(engine, input, counters)) {
            var one = cache.use(List.of(SYSTEM, reference(1, 1)));
            var other = cache.use(List.of(SYSTEM, reference(2, 1)));
            assertThat(one.context().length()).isEqualTo(9);
            assertThat(counters.snapshot().bytes()).as("over the bound").isEqualTo(18);
            one.close();
            one.close();
            assertThat(counters.snapshot().bytes()).isEqualTo(9);
            assertThat(cache.use(List.of(SYSTEM, reference(2, 1))).context()).isSameAs(other.context());
        }
    }

    /** Random uses by several at once: the bound holds whenever nobody needs more than it. */
    @Test
    void theBoundHoldsAndNothingIsLost() {
        var random = new Random(20261125);
        int bound = 40;
        var counters = new PrefixCounters(bound);
        try (var cache = new PrefixCache(engine, input, counters)) {
            List<PrefixCache.Use> uses = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                if (uses.size() < 3 && random.nextBoolean()) {
                    uses.add(cache.use(List.of(SYSTEM, reference(random.nextInt(8), 1))));
                } else if (!uses.isEmpty()) {
                    uses.remove(random.nextInt(uses.size())).close();
                }
                assertThat(counters.snapshot().bytes()).as("step %d", i).isLessThanOrEqualTo(bound);
                assertThat(uses)
                        .allSatisfy(use -> assertThat(use.context().length()).isEqualTo(9));
            }
            uses.forEach(PrefixCache.Use::close);
        }
    }

    /** The real engine: kept or read anew for each part, the same bits. */
    @Test
    void aPrefixThatWasKeptGivesTheSameBits() {
        Path golden = TestInput.goldens("../inspection").normalize();
        EngineFolder folder = EngineBuilder.build(golden, dir, (_, _, _) -> {});
        Recipe recipe = Recipes.of(
                List.of(Recipes.prompt(
                        0, "Is a bolt missing?", List.of("missing_bolt", "scratch"), List.of("left", "right"))),
                Map.of("left", Recipes.reference(90), "right", Recipes.reference(120)),
                Map.of());
        List<List<Object>> answers = new ArrayList<>();
        for (long bytes : new long[] {PrefixCounters.USUAL_BYTES, 0}) {
            var counters = new PrefixCounters(bytes);
            try (var inspector = ModelInspector.cold(
                    Engines.open(folder, 1),
                    ModelInput.open(folder.path()),
                    recipe,
                    _ -> Poses.of(Pose.nominal(160, 128)),
                    counters,
                    Optional.empty())) {
                List<Object> answer = new ArrayList<>();
                for (int part = 0; part < 3; part++) {
                    Inspection.Completed seen = look(inspector, part);
                    answer.add(seen.scores());
                    answer.add(seen.findings());
                }
                answers.add(answer);
                assertThat(counters.snapshot().bytes() > 0).isEqualTo(bytes > 0);
                assertThat(counters.snapshot().misses()).isEqualTo(bytes > 0 ? 3 : 4 * 2 * 2);
            }
        }
        assertThat(answers.get(1)).isEqualTo(answers.get(0));
    }

    private static Inspection.Completed look(ModelInspector inspector, int part) {
        byte[] rgb = new byte[160 * 128 * 3];
        new Random(part).nextBytes(rgb);
        try (Frame frame = Frame.of(160, 128, rgb)) {
            return inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0));
        }
    }

    /** @param words after the picture */
    private static Passage reference(int grey, int words) {
        return new Passage(Optional.of(Recipes.reference(grey)), new int[words]);
    }
}

package goshawk.appliance.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.ModelWork;
import goshawk.trtbuild.Patches;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineBenchTest {

    private static final Path NANO =
            Path.of(System.getProperty("goshawk.root", "..")).resolve("trt-build/nano/checkpoint");
    private static final Sizes SMALL = new Sizes(96, 4, 3, List.of(20, 50));
    private static final EngineBench.Pace PACE = new EngineBench.Pace(2, Duration.ZERO);

    @TempDir
    static Path cache;

    private static ModelConfig config;
    private static ModelWork work;

    @BeforeAll
    static void shape() {
        EngineFolder folder = EngineBuilder.build(NANO, cache, (_, _, _) -> {});
        config = folder.config();
        work = ModelWork.of(folder);
    }

    private static EngineBench.Measured measure(Engine engine, Gauge gauge) {
        return EngineBench.measure(engine, config, work, SMALL, PACE, gauge, (_, _) -> {});
    }

    @Test
    void eachRowAsksWhatItsNameSays() {
        var engine = new Listening(1_000, Integer.MAX_VALUE);
        EngineBench.Measured measured = measure(engine, Gauge.NONE);
        assertThat(measured.skipped()).isEmpty();
        assertThat(measured.rows())
                .extracting(BenchResult.Row::name)
                .containsExactly(
                        "vision 96×96",
                        "prefill 9",
                        "prefill 9 behind 4",
                        "prefill 18",
                        "suffix 8×3 on 13",
                        "decode at 20",
                        "decode at 20, batch 8",
                        "decode at 50",
                        "decode at 50, batch 8",
                        "whole part, 1 prompt",
                        "whole part, 8 prompts",
                        "parts in a row, 1 prompt");
        assertThat(engine.calls)
                .as("three rounds to warm up, two to time, of each")
                .satisfies(calls -> {
                    assertThat(Collections.frequency(calls, "see 4×6"))
                            .as("a prefill's picture leaves room for words")
                            .isEqualTo(2);
                    assertThat(Collections.frequency(calls, "read 9 with 6 behind 4"))
                            .isEqualTo(5);
                    assertThat(Collections.frequency(calls, "see 6×6"))
                            .as("a picture, two whole parts, parts in a row with the first ahead")
                            .isEqualTo(4 * 5 + 1);
                    assertThat(Collections.frequency(calls, "read 9 with 6 behind 0"))
                            .isEqualTo(5);
                    assertThat(Collections.frequency(calls, "read 18 with 0 behind 0"))
                            .isEqualTo(5);
                    assertThat(Collections.frequency(calls, "score 8×3 behind 13"))
                            .isEqualTo(2 * 5);
                    assertThat(Collections.frequency(calls, "score 1×3 behind 13"))
                            .isEqualTo(2 * 5);
                    assertThat(Collections.frequency(calls, "ask 8×1 behind 50"))
                            .isEqualTo(5);
                    assertThat(Collections.frequency(calls, "show 13 with 9 behind 0"))
                            .isEqualTo(3 * 5);
                });
        assertThat(engine.calls)
                .as("one token behind the other")
                .contains("read 1 with 0 behind 50", "read 1 with 0 behind 54");
        assertThat(engine.open).isZero();
    }

    @Test
    void whatTheContextCannotHoldIsSkipped() {
        var engine = new Listening(40, Integer.MAX_VALUE);
        EngineBench.Measured measured = measure(engine, Gauge.NONE);
        assertThat(measured.rows()).hasSize(10);
        assertThat(measured.skipped())
                .containsExactly(
                        new BenchResult.Skipped("decode at 50", "50 of 40"),
                        new BenchResult.Skipped("decode at 50, batch 8", "50 of 40"));
        assertThat(engine.open).isZero();
    }

    @Test
    void aCallThatFailsIsNoRowThatIsSkipped() {
        var whole = new Listening(1_000, Integer.MAX_VALUE);
        measure(whole, Gauge.NONE);
        for (int calls = 0; calls < whole.calls.size(); calls++) {
            var engine = new Listening(1_000, calls);
            assertThatThrownBy(() -> measure(engine, Gauge.NONE))
                    .as("after %d calls", calls)
                    .isInstanceOf(EngineException.CallFailed.class);
            assertThat(engine.open).as("after %d calls", calls).isZero();
        }
    }

    /** Three joules more each time that it is asked. */
    private static final class Counter implements Gauge {

        private long taken;

        @Override
        public OptionalLong millijoules() {
            taken += 3_000;
            return OptionalLong.of(taken);
        }

        @Override
        public OptionalLong usedBytes() {
            return OptionalLong.of(11L << 30);
        }

        @Override
        public Duration countFor() {
            return Duration.ZERO;
        }
    }

    @Test
    void energyIsCountedARound() {
        EngineBench.Measured measured = measure(new Listening(1_000, Integer.MAX_VALUE), new Counter());
        assertThat(measured.rows()).extracting(BenchResult.Row::joules).containsOnly(1.5);
        assertThat(measured.deviceBytes()).hasValue(11L << 30);
    }

    @Test
    void withATaktRoundsWaitForTheirTurnAndNoEnergyIsToldBecauseWaitingTakesSome() {
        var takt = Duration.ofMillis(5);
        long start = System.nanoTime();
        EngineBench.Measured measured = EngineBench.measure(
                new Listening(1_000, Integer.MAX_VALUE),
                config,
                work,
                SMALL,
                new EngineBench.Pace(2, takt),
                new Counter(),
                (_, _) -> {});
        assertThat(System.nanoTime() - start)
                .isGreaterThanOrEqualTo(
                        takt.multipliedBy(2L * measured.rows().size()).toNanos());
        assertThat(measured.rows()).extracting(BenchResult.Row::p50).allMatch(time -> time < takt.toMillis());
        assertThat(measured.rows()).extracting(BenchResult.Row::joules).containsOnlyNulls();
    }

    /** An engine that knows nothing and remembers what it was asked; from some call on, every call fails. */
    private static final class Listening implements Engine {

        private final List<String> calls = new ArrayList<>();
        private final int room;
        private final int failing;
        private int open;

        Listening(int room, int failing) {
            this.room = room;
            this.failing = failing;
        }

        private void call(String what) {
            calls.add(what);
            if (calls.size() > failing) {
                throw new EngineException.CallFailed(what, "no device");
            }
        }

        private void fit(int tokens) {
            if (tokens > room) {
                throw new EngineException.ContextFull("%d of %d".formatted(tokens, room));
            }
        }

        @Override
        public EngineIdentity identity() {
            return new EngineIdentity("listening", "", "", "");
        }

        @Override
        public PictureFeatures see(Patches patches) {
            call("see %d×%d".formatted(patches.gridH(), patches.gridW()));
            open++;
            return new PictureFeatures() {
                @Override
                public int tokens() {
                    return patches.gridH() * patches.gridW() / 4;
                }

                @Override
                public void close() {
                    open--;
                }
            };
        }

        @Override
        public Context start() {
            return context(0);
        }

        private Context context(int length) {
            open++;
            return new Context() {
                @Override
                public int length() {
                    return length;
                }

                @Override
                public long bytes() {
                    return length;
                }

                @Override
                public void close() {
                    open--;
                }
            };
        }

        @Override
        public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
            return new Step(said("read", past, tokens, pictures), new float[1]);
        }

        @Override
        public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
            return said("show", past, tokens, pictures);
        }

        private Context said(String how, Context past, int[] tokens, List<PictureFeatures> pictures) {
            int seen = pictures.stream().mapToInt(PictureFeatures::tokens).sum();
            fit(past.length() + tokens.length);
            call("%s %d with %d behind %d".formatted(how, tokens.length, seen, past.length()));
            long marks =
                    Arrays.stream(tokens).filter(config.tokens()::isPicture).count();
            assertThat(marks).as("places for what is seen").isEqualTo(seen);
            return context(past.length() + tokens.length);
        }

        @Override
        public List<float[]> ask(Context past, List<int[]> continuations) {
            assertThat(continuations.getFirst())
                    .as("a score needs no whole vocabulary")
                    .hasSize(1);
            return asked("ask", past, continuations, 7);
        }

        @Override
        public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
            assertThat(tokens).as("a verdict's").hasSize(3);
            return asked("score", past, continuations, 3);
        }

        private List<float[]> asked(String how, Context past, List<int[]> continuations, int logits) {
            int each = continuations.getFirst().length;
            fit(past.length() + continuations.size() * each);
            call("%s %d×%d behind %d".formatted(how, continuations.size(), each, past.length()));
            assertThat(continuations.stream().map(it -> it[0]).distinct())
                    .as("none begins like another")
                    .hasSameSizeAs(continuations);
            return Collections.nCopies(continuations.size(), new float[logits]);
        }

        @Override
        public void close() {
            assertThat(open).isZero();
        }
    }
}

package goshawk.camera.linescan;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.FramePool;
import goshawk.camera.Trigger;
import goshawk.camera.linescan.LineScan.Begin;
import goshawk.camera.linescan.LineScan.End;
import goshawk.camera.linescan.LineScan.Placing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Belts that do what they like: no picture but the right one, and no trigger without its capture. */
class FrameAssemblerTest {

    private static final int LINES = 20;
    private static final int PART = 24;
    private static final int PITCH = 40;
    private static final int STEPS = 3;
    private static final int MOST_BACK = 60;

    private final List<Capture> captures = new ArrayList<>();
    private final byte[] line = new byte[3];
    private long triggers;
    private int evidence;
    private long nanos;

    /** Each line shows its number on the belt: a picture's lines must rise by one from that of its part's first line. */
    @Test
    void whateverTheBeltDoesAWholePictureIsTheRightOneAndEveryTriggerHasOneCapture() {
        int whole = 0;
        int partial = 0;
        for (int seed = 0; seed < 2_000; seed++) {
            captures.clear();
            triggers = 0;
            var random = new Random(seed);
            boolean endsBySignal = random.nextBoolean();
            int delay = random.nextInt(3) * 5;
            var scan = new LineScan(
                    endsBySignal ? PART + 2 : LINES,
                    new Placing.Encoder(STEPS, MOST_BACK),
                    new Begin.PartPresent(delay),
                    endsBySignal ? new End.PartGone(PART - 2) : new End.Length(),
                    0,
                    Duration.ofNanos(300),
                    1);
            try (var pool = new FramePool(1 + random.nextInt(4), scan.lines() * 3)) {
                var assembler = assembler(scan, pool);
                run(assembler, random, delay);
                assembler.miss(Cause.PARTIAL, "the end");
                assertThat(captures).as("seed %d", seed).hasSize((int) triggers);
                assertThat(captures).extracting(it -> it.trigger().id()).isSorted();
                for (Capture capture : captures) {
                    if (capture instanceof Capture.Image(var _, var views, var _)) {
                        whole++;
                        byte[] rgb = views.only().rgb();
                        int first = rgb[0];
                        // A signal that came while a line was lost may be a line early.
                        assertThat(first % PITCH)
                                .as("seed %d: first line of a part", seed)
                                .isBetween(delay > 0 ? PITCH - PART - 1 : PITCH - PART, PITCH - PART);
                        int height = endsBySignal ? PART - 1 : LINES;
                        for (int y = 0; y < scan.lines(); y++) {
                            if (y < height) {
                                assertThat((int) rgb[y * 3])
                                        .as("seed %d, line %d", seed, y)
                                        .isEqualTo(first + y);
                            } else if (y > PART) {
                                assertThat((int) rgb[y * 3])
                                        .as("seed %d, line %d", seed, y)
                                        .isZero();
                            }
                        }
                        views.close();
                    } else {
                        partial++;
                        assertNothingOfAnotherPart(seed, (Capture.Missed) capture);
                        capture.discard();
                    }
                }
            }
        }
        assertThat(whole).as("whole pictures in all runs").isGreaterThan(1_000);
        assertThat(partial).as("misses in all runs").isGreaterThan(1_000);
        assertThat(evidence).as("misses of which something was seen").isGreaterThan(1_000);
    }

    /** What was seen of a part is evidence only if nothing else is in it: each line is its own or black. */
    private void assertNothingOfAnotherPart(int seed, Capture.Missed missed) {
        missed.views().byName().values().forEach(frame -> {
            evidence++;
            long firstLines = IntStream.range(0, frame.height())
                    .filter(y -> frame.rgb()[y * 3] != 0)
                    .map(y -> frame.rgb()[y * 3] - y)
                    .distinct()
                    .count();
            assertThat(firstLines).as("seed %d: %s", seed, missed).isLessThanOrEqualTo(1);
        });
    }

    /** The encoder's count starts just below where 32 bits wrap around. */
    private void run(FrameAssembler assembler, Random random, int delay) {
        int base = Integer.MAX_VALUE - random.nextInt(200);
        int steps = 0;
        for (int i = 0; i < 500; i++) {
            int kind = random.nextInt(100);
            int move = kind < 88 ? STEPS : kind < 94 ? 1 - random.nextInt(30) : kind < 97 ? random.nextInt(2) : 0;
            if (kind == 97) {
                move = 2 * STEPS; // a line is lost
            }
            nanos += kind == 98 ? 1_000 : 1; // the belt stood
            steps = i == 0 ? 0 : Math.max(0, steps + move);
            int at = Math.floorDiv(steps, STEPS);
            line[0] = (byte) at;
            if (at > 120) {
                return; // what fits into a byte
            }
            assembler.line(line, 0, base + steps, nanos, isPart(at + delay));
        }
    }

    private static boolean isPart(int line) {
        return line % PITCH >= PITCH - PART;
    }

    @Test
    void anEncoderThatStartsAnewIsNotWaitedFor() {
        var scan = new LineScan(
                LINES,
                new Placing.Encoder(1, 30),
                new Begin.PartPresent(0),
                new End.Length(),
                0,
                Duration.ofSeconds(1),
                1);
        try (var pool = new FramePool(3, LINES * 3)) {
            var assembler = assembler(scan, pool);
            for (int i = 0; i < PITCH - PART + 10; i++) {
                assembler.line(line, 0, 1_000 + i, ++nanos, isPart(i));
            }
            for (int i = 0; i < 2 * PITCH; i++) { // its count lost, the belt where it was
                assembler.line(line, 0, i, ++nanos, isPart(PITCH - PART + 10 + i));
            }
            assembler.miss(Cause.PARTIAL, "the end");
            closeFrames();
        }
        assertThat(captures)
                .satisfiesExactly(
                        first -> assertThat(((Capture.Missed) first).detail())
                                .isEqualTo("the encoder jumped back after 10 of 20 lines"),
                        second -> assertThat(second).isInstanceOf(Capture.Image.class),
                        third -> assertThat(((Capture.Missed) third).detail()).isEqualTo("the end"));
    }

    @Test
    void aPartThatComesTooSoonIsAnOverrun() {
        var scan = new LineScan(
                LINES,
                new Placing.Encoder(1, 30),
                new Begin.PartPresent(0),
                new End.Length(),
                0,
                Duration.ofSeconds(1),
                1);
        try (var pool = new FramePool(3, LINES * 3)) {
            var assembler = assembler(scan, pool);
            for (int i = 0; i < 60; i++) {
                assembler.line(line, 0, i, ++nanos, i % 12 >= 4); // 8 lines each, pictures of 20
            }
            assembler.miss(Cause.PARTIAL, "the end");
            closeFrames();
        }
        assertThat(captures)
                .extracting(it ->
                        it instanceof Capture.Missed missed ? missed.cause().name() : "image")
                .containsExactly("image", "OVERRUN", "image", "OVERRUN", "PARTIAL");
        assertThat(captures).extracting(it -> it.trigger().id()).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void aFlickerOfTheSignalIsNoPart() {
        var scan = new LineScan(
                LINES, new Placing.Time(), new Begin.PartPresent(0), new End.PartGone(10), 0, Duration.ofSeconds(1), 1);
        try (var pool = new FramePool(1, LINES * 3)) {
            var assembler = assembler(scan, pool);
            for (int i = 0; i < 30; i++) {
                assembler.line(line, 0, 0, ++nanos, i == 10 || i == 11);
            }
            closeFrames();
        }
        assertThat(captures)
                .singleElement()
                .isInstanceOfSatisfying(
                        Capture.Missed.class,
                        it -> assertThat(it.detail())
                                .isEqualTo("the part-present signal lasted 2 lines, the shortest part has 10"));
    }

    private void closeFrames() {
        captures.forEach(Capture::discard);
    }

    private FrameAssembler assembler(LineScan scan, FramePool pool) {
        return new FrameAssembler(
                scan,
                1,
                pool,
                atNanos -> new Trigger(++triggers, "part-" + triggers, Instant.EPOCH, atNanos),
                (capture, _) -> captures.add(capture),
                true);
    }
}

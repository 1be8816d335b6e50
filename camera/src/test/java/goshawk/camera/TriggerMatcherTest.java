package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.TriggerMatcher.Place;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A line of parts with everything that goes wrong on one: triggers and pictures lost, repeated, late and out of order, a
 * camera that ignores a pulse, clocks that run apart. Whatever happens, each trigger ends in one capture and no picture is
 * another trigger's.
 */
class TriggerMatcherTest {

    private static final int RUNS = 1_500;
    private static final int PULSES = 60;
    private static final long MS = 1_000_000;

    private static final Matching.ByTime TIME = new Matching.ByTime(
            Duration.ofMillis(20), Duration.ofMillis(20), Duration.ofMillis(10), Duration.ofSeconds(1));

    /** What is matched by, and how the camera counts. */
    enum World {
        NUMBER(true, true),
        TIME_OF_THE_CAMERA(true, false),
        TIME_OF_ARRIVAL(false, false),
        BOTH(true, true),
        /** The camera counts its pictures, and slips by one against the pulses when it ignores one. */
        BOTH_AND_A_SLIPPING_COUNT(true, false);

        final boolean hasClock;
        final boolean countsPulses;

        World(boolean hasClock, boolean countsPulses) {
            this.hasClock = hasClock;
            this.countsPulses = countsPulses;
        }

        Matching matching() {
            return switch (this) {
                case NUMBER -> new Matching.ByNumber(Duration.ofSeconds(1));
                case TIME_OF_THE_CAMERA, TIME_OF_ARRIVAL -> TIME;
                case BOTH, BOTH_AND_A_SLIPPING_COUNT -> new Matching.Agreed(TIME);
            };
        }
    }

    /** Something that reaches the station. */
    private sealed interface Event {
        long atNanos();

        record Told(long atNanos, int pulse, long triggerNanos) implements Event {}

        record Arrived(long atNanos, int pulse, Optional<DeviceStamp> stamp) implements Event {}
    }

    @ParameterizedTest
    @EnumSource(World.class)
    void noPictureIsAnotherTriggers(World world) {
        long images = 0;
        long missed = 0;
        for (long seed = 0; seed < RUNS; seed++) {
            var result = run(world, seed, true);
            images += result.images;
            missed += result.missed;
        }
        assertThat(images).as("%s must match something", world).isGreaterThan(RUNS);
        assertThat(missed).as("%s must miss something", world).isGreaterThan(RUNS);
        System.out.printf("%s: %d runs, %d pictures, %d misses%n", world, RUNS, images, missed);
    }

    @ParameterizedTest
    @EnumSource(World.class)
    void whereNothingGoesWrongEachTriggerHasItsPicture(World world) {
        int warmUp = world.hasClock && world != World.NUMBER ? DeviceClock.WARM_UP - 1 : 0;
        for (long seed = 0; seed < 200; seed++) {
            var result = run(world, seed, false);
            assertThat(result.images).as("%s, seed %d", world, seed).isEqualTo(PULSES - warmUp);
        }
    }

    private record Result(int images, int missed) {}

    private static Result run(World world, long seed, boolean faulty) {
        List<Event> events = events(world, new Random(seed), faulty);
        int images = 0;
        List<Capture> captures = new ArrayList<>();
        List<Long> announced = new ArrayList<>();
        try (var pool = new FramePool(PULSES, 12)) {
            try (var matcher = new TriggerMatcher(world.matching())) {
                for (Event event : events) {
                    matcher.pass(event.atNanos(), "camera", "");
                    switch (event) {
                        case Event.Told(var _, var pulse, var triggerNanos) -> {
                            announced.add((long) pulse);
                            matcher.announce(trigger(pulse, triggerNanos), OptionalLong.of(pulse));
                        }
                        case Event.Arrived arrived -> arrive(matcher, pool, arrived);
                    }
                    matcher.next().ifPresent(captures::add);
                }
                matcher.pass(events.getLast().atNanos() + 10_000 * MS, "camera", "");
                for (var next = matcher.next(); next.isPresent(); next = matcher.next()) {
                    captures.add(next.get());
                }
            }
            for (Capture capture : captures) {
                if (capture instanceof Capture.Image(var trigger, var views, var _)) {
                    images++;
                    assertThat(ByteBuffer.wrap(views.only().rgb()).getInt())
                            .as("%s, seed %d: picture of the pulse", world, seed)
                            .isEqualTo((int) trigger.id());
                    views.close();
                }
            }
        }
        assertThat(captures)
                .as("%s, seed %d", world, seed)
                .extracting(it -> it.trigger().id())
                .containsExactlyElementsOf(announced);
        return new Result(images, captures.size() - images);
    }

    private static void arrive(TriggerMatcher matcher, FramePool pool, Event.Arrived arrived) {
        Stamp stamp = Stamps.of(arrived.atNanos(), arrived.stamp());
        switch (matcher.place(stamp)) {
            case Place.Of(var trigger) -> matcher.give(trigger, Optional.of(frame(pool, arrived.pulse())));
            case Place.Early() -> matcher.hold(stamp, frame(pool, arrived.pulse()));
            case Place.Nobody() -> {}
        }
    }

    private static Stamp arrived(long nanos) {
        var stamp = new Stamp();
        stamp.arrived(nanos);
        return stamp;
    }

    private static Frame frame(FramePool pool, int content) {
        Frame frame = pool.tryTake(2, 2).orElseThrow();
        ByteBuffer.wrap(frame.rgb()).putInt(content);
        return frame;
    }

    private static Trigger trigger(long id, long atNanos) {
        return new Trigger(id, "P" + id, Instant.EPOCH, atNanos);
    }

    private static List<Event> events(World world, Random random, boolean faulty) {
        List<Event> events = new ArrayList<>();
        long at = random.nextLong(-1_000_000 * MS, 1_000_000 * MS);
        long deviceEpoch = random.nextLong(0, 1L << 50);
        double pace = 1 + (random.nextDouble() - 0.5) * 100e-6;
        long start = at;
        long pictures = 0;
        for (int pulse = 1; pulse <= PULSES; pulse++) {
            at += 100 * MS + random.nextLong(200 * MS);
            long told = at + random.nextLong(12 * MS);
            if (!faulty || random.nextInt(20) > 0) {
                events.add(new Event.Told(told, pulse, told));
            }
            if (faulty && random.nextInt(30) == 0) {
                continue; // the camera was busy and took no picture
            }
            pictures++;
            if (faulty && random.nextInt(20) == 0) {
                continue; // lost on the way
            }
            long number = world.countsPulses ? pulse : pictures;
            Optional<DeviceStamp> stamp = world.hasClock
                    ? Optional.of(new DeviceStamp(number, deviceEpoch + (long) ((at - start) * pace)))
                    : Optional.empty();
            // Without the camera's clock a picture that is late cannot be told from the next one: that it is not is a
            // condition.
            boolean mayBeLate = faulty && world.hasClock;
            long arrival = at + 10 * MS + late(random, mayBeLate);
            events.add(new Event.Arrived(arrival, pulse, stamp));
            if (faulty && random.nextInt(15) == 0) {
                long again = world.hasClock ? late(random, true) : random.nextLong(5 * MS);
                events.add(new Event.Arrived(arrival + again, pulse, stamp));
            }
        }
        events.sort(Comparator.comparingLong(Event::atNanos));
        return events;
    }

    /** A camera that always runs: a part has the first picture that arrives after its trigger, or none. */
    @Test
    void ofARunningCameraATriggerHasTheFirstPictureAfterIt() {
        long images = 0;
        for (long seed = 0; seed < RUNS; seed++) {
            images += running(new Random(seed), seed);
        }
        assertThat(images).isGreaterThan(RUNS);
    }

    private static int running(Random random, long seed) {
        Duration within = Duration.ofMillis(150);
        List<Long> arrivals = new ArrayList<>();
        List<Long> triggers = new ArrayList<>();
        for (long at = 0; at < 5_000; at += 30 + random.nextInt(20)) {
            if (random.nextInt(6) > 0) {
                arrivals.add(at * MS);
            }
        }
        for (long at = 1; at < 5_000; at += 1 + random.nextInt(250)) {
            triggers.add(at * MS + 1);
        }
        int images = 0;
        try (var pool = new FramePool(256, 12);
                var matcher = new TriggerMatcher(new Matching.FirstAfter(within))) {
            int told = 0;
            for (int picture = 0; picture < arrivals.size(); picture++) {
                while (told < triggers.size() && triggers.get(told) <= arrivals.get(picture)) {
                    matcher.pass(triggers.get(told), "camera", "");
                    matcher.announce(trigger(told, triggers.get(told)), OptionalLong.empty());
                    told++;
                }
                matcher.pass(arrivals.get(picture), "camera", "");
                arrive(matcher, pool, new Event.Arrived(arrivals.get(picture), picture, Optional.empty()));
            }
            matcher.pass(100_000 * MS, "camera", "");
            for (int i = 0; i < told; i++) {
                long at = triggers.get(i);
                Capture capture = matcher.next().orElseThrow();
                assertThat(capture.trigger().id()).isEqualTo(i);
                List<Long> after = arrivals.stream().filter(it -> it >= at).toList();
                boolean inTime = !after.isEmpty() && after.getFirst() - at < within.toNanos();
                long rivals = inTime
                        ? triggers.stream()
                                .filter(it -> it != at && after.getFirst().equals(firstAfter(arrivals, it)))
                                .filter(it -> after.getFirst() - it < within.toNanos())
                                .count()
                        : 0;
                assertThat(capture instanceof Capture.Image)
                        .as("seed %d, trigger %d", seed, i)
                        .isEqualTo(inTime && rivals == 0);
                if (capture instanceof Capture.Image(var _, var views, var _)) {
                    images++;
                    assertThat(arrivals.get(ByteBuffer.wrap(views.only().rgb()).getInt()))
                            .isEqualTo(after.getFirst());
                    views.close();
                }
            }
            assertThat(matcher.next()).isEmpty();
        }
        return images;
    }

    private static long firstAfter(List<Long> arrivals, long at) {
        return arrivals.stream().filter(it -> it >= at).findFirst().orElse(Long.MAX_VALUE);
    }

    @Test
    void twoPartsThatCannotBeToldApartAreBothMissed() {
        try (var pool = new FramePool(1, 12);
                var matcher = new TriggerMatcher(TIME)) {
            matcher.announce(trigger(1, 100 * MS), OptionalLong.empty());
            arrive(matcher, pool, new Event.Arrived(115 * MS, 1, Optional.empty()));
            matcher.announce(trigger(2, 110 * MS), OptionalLong.empty()); // its message was slow
            for (long id = 1; id <= 2; id++) {
                Capture capture = matcher.next().orElseThrow();
                assertThat(capture.trigger().id()).isEqualTo(id);
                assertThat(capture)
                        .isInstanceOfSatisfying(
                                Capture.Missed.class,
                                missed -> assertThat(missed.detail())
                                        .isEqualTo("its picture cannot be told from another trigger's"));
            }
            assertThat(matcher.ambiguous()).isEqualTo(2);
        }
    }

    @Test
    void aPictureThatIsCopiedWhileItsTriggerIsInDoubtAndHandedOutGoesBack() {
        try (var pool = new FramePool(1, 12);
                var matcher = new TriggerMatcher(TIME)) {
            matcher.announce(trigger(1, 100 * MS), OptionalLong.empty());
            assertThat(matcher.place(arrived(115 * MS))).isInstanceOf(Place.Of.class);
            matcher.announce(trigger(2, 110 * MS), OptionalLong.empty());
            assertThat(matcher.next().orElseThrow()).isInstanceOf(Capture.Missed.class);
            matcher.give(trigger(1, 100 * MS), Optional.of(frame(pool, 1)));
            assertThat(matcher.strays()).isEqualTo(1);
            assertThat(matcher.next().orElseThrow().trigger().id()).isEqualTo(2);
            assertThat(matcher.next()).isEmpty();
        }
    }

    @Test
    void aTriggerThatIsToldWhileItsEarlyPictureIsCopiedHasIt() {
        try (var pool = new FramePool(1, 12);
                var matcher = new TriggerMatcher(TIME)) {
            Stamp stamp = arrived(115 * MS);
            assertThat(matcher.place(stamp)).isEqualTo(Place.EARLY);
            matcher.announce(trigger(1, 100 * MS), OptionalLong.empty());
            matcher.hold(stamp, frame(pool, 1));
            Capture capture = matcher.next().orElseThrow();
            assertThat(capture).isInstanceOf(Capture.Image.class);
            assertThat(capture.trigger().id()).isEqualTo(1);
            capture.discard();
        }
    }

    /** It is neither's, whether the second trigger is told before the picture is copied or after. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEarlyPictureThatMayBelongToTwoTriggersByTheTimeItIsCopiedIsNobodys(boolean isSecondToldBefore) {
        try (var pool = new FramePool(1, 12);
                var matcher = new TriggerMatcher(TIME)) {
            Stamp stamp = arrived(115 * MS);
            assertThat(matcher.place(stamp)).isEqualTo(Place.EARLY);
            matcher.announce(trigger(1, 100 * MS), OptionalLong.empty());
            if (isSecondToldBefore) {
                matcher.announce(trigger(2, 110 * MS), OptionalLong.empty());
            }
            matcher.hold(stamp, frame(pool, 1));
            if (!isSecondToldBefore) {
                matcher.announce(trigger(2, 110 * MS), OptionalLong.empty());
            }
            matcher.pass(5_000 * MS, "camera", "");
            for (long id = 1; id <= 2; id++) {
                Capture capture = matcher.next().orElseThrow();
                assertThat(capture.trigger().id()).isEqualTo(id);
                assertThat(capture).isInstanceOf(Capture.Missed.class);
            }
            assertThat(matcher.ambiguous()).isEqualTo(2);
        }
    }

    @Test
    void aTriggerWhosePictureFindsNoFrameIsAnOverrunAndOneThatIsTooLargeNamesIt() {
        try (var matcher = new TriggerMatcher(new Matching.FirstAfter(Duration.ofSeconds(1)))) {
            matcher.announce(trigger(1, 0), OptionalLong.empty());
            assertThat(matcher.place(arrived(1))).isInstanceOf(Place.Of.class);
            assertThat(matcher.next()).as("its picture is being copied").isEmpty();
            matcher.pass(5_000 * MS, "camera", "");
            matcher.give(trigger(1, 0), Optional.empty());
            assertThat(((Capture.Missed) matcher.next().orElseThrow()).cause()).isEqualTo(Cause.OVERRUN);
            matcher.announce(trigger(2, 10), OptionalLong.empty());
            assertThat(matcher.place(arrived(11))).isInstanceOf(Place.Of.class);
            matcher.fail(trigger(2, 10), "a picture of 9×9 needs 243 bytes");
            var missed = (Capture.Missed) matcher.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.CAMERA);
            assertThat(missed.detail()).contains("243");
        }
    }

    private static long late(Random random, boolean mayBeLate) {
        return mayBeLate && random.nextInt(7) == 0 ? random.nextLong(2_000 * MS) : random.nextLong(3 * MS);
    }
}

package goshawk.camera.sim;

import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.FramePool;
import goshawk.camera.FrameSource;
import goshawk.camera.PartNames;
import goshawk.camera.PartViews;
import goshawk.camera.Trigger;
import goshawk.camera.Views;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * A conveyor with rendered brackets on it: a trigger every {@code period}. The picture is drawn before its trigger
 * comes, as a part lies there before the camera sees it; when drawing takes longer than the period, the conveyor waits.
 */
public final class SimulatedFrameSource implements FrameSource {

    /** One view, whose light is the usual one. */
    private static final SequencedMap<String, SimulatedLight> USUAL = usual();

    /** Bytes of one picture, for the {@link FramePool}. */
    public static final int BYTES_PER_FRAME = BracketRenderer.WIDTH * BracketRenderer.HEIGHT * 3;

    private final long seed;
    private final PartNames names;
    private final long parts;
    private final RenderOptions options;
    private final SequencedMap<String, SimulatedLight> lights;
    private final Duration period;
    private final FramePool pool;
    private final BiConsumer<Trigger, PartTruth> truth;
    private long index;
    private long dueNanos = Long.MIN_VALUE;

    /** With one view under the usual light. */
    public SimulatedFrameSource(
            long seed,
            long parts,
            RenderOptions options,
            Duration period,
            FramePool pool,
            BiConsumer<Trigger, PartTruth> truth) {
        this(seed, parts, options, USUAL, period, pool, truth);
    }

    /**
     * @param lights of the views, by name: each part is shown under one after the other
     * @param parts after which the source ends; {@link Long#MAX_VALUE} for a conveyor that does not
     * @param period from trigger to trigger; zero triggers whenever the line asks
     * @param truth hears what is known of each part, before its capture is handed out, on the thread that asks
     */
    public SimulatedFrameSource(
            long seed,
            long parts,
            RenderOptions options,
            SequencedMap<String, SimulatedLight> lights,
            Duration period,
            FramePool pool,
            BiConsumer<Trigger, PartTruth> truth) {
        this.seed = seed;
        this.names = new PartNames("SIM-" + seed);
        this.parts = parts;
        this.options = options;
        this.lights = new LinkedHashMap<>(lights);
        this.period = period;
        this.pool = pool;
        this.truth = truth;
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        if (index == parts) {
            return Optional.empty();
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("the conveyor was stopped");
        }
        SequencedMap<String, SimulatedPart> drawn = new LinkedHashMap<>();
        lights.forEach((view, light) -> drawn.put(view, BracketRenderer.under(light, seed, index, options, 0)));
        long atNanos = waitForTrigger();
        index++;
        var trigger =
                new Trigger(index, names.name(index), InstantSource.system().instant(), atNanos);
        truth.accept(trigger, drawn.firstEntry().getValue().truth());
        return Optional.of(taken(trigger, drawn));
    }

    private Capture taken(Trigger trigger, SequencedMap<String, SimulatedPart> drawn) {
        var views = new PartViews();
        drawn.forEach((view, part) -> pool.tryTake(part.width(), part.height())
                .ifPresentOrElse(
                        frame -> {
                            System.arraycopy(part.rgb(), 0, frame.rgb(), 0, part.rgb().length);
                            views.whole(view, frame);
                        },
                        () -> views.missing(view, Cause.OVERRUN, "every frame was in use")));
        return views.capture(trigger, true);
    }

    private static SequencedMap<String, SimulatedLight> usual() {
        SequencedMap<String, SimulatedLight> one = new LinkedHashMap<>();
        one.put(Views.ONLY, SimulatedLight.BRIGHT);
        return one;
    }

    private long waitForTrigger() throws InterruptedException {
        long now = System.nanoTime();
        if (dueNanos == Long.MIN_VALUE || dueNanos - now < 0) {
            dueNanos = now;
        }
        while (dueNanos - now > 0) {
            TimeUnit.NANOSECONDS.sleep(dueNanos - now);
            now = System.nanoTime();
        }
        dueNanos += period.toNanos();
        return now;
    }

    /** Nothing is held open. */
    @Override
    public void close() {}
}

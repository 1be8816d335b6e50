package goshawk.appliance.evaluate;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.PartKind;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * A classical inspector of the bracket, to compare the model with: differences from golden parts, the blobs of them, the
 * dark blob of each bolt's socket and straight lines, weighed for each kind of defect.
 *
 * <p>It is meant to be good. It gets the same rectified pictures as the model, its golden parts are {@link Plan#golden}
 * good ones, and its weights are tuned on parts of another seed. What it does not get is the parts that it is measured on.
 *
 * <p>Immutable once tuned: any thread.
 */
public final class BaselineInspector {

    /**
     * What it learns from; three seeds that no test uses.
     *
     * @param golden number of good parts that say what good looks like
     * @param tuneGood number of good parts that the weights are tuned on
     * @param tuneBad number of bad parts of each kind that the weights are tuned on
     * @param threads that render and measure at once
     */
    public record Plan(long goldenSeed, int golden, long tuneSeed, int tuneGood, int tuneBad, int threads) {

        /** 240 golden parts, 780 to tune on. */
        public static final Plan USUAL =
                new Plan(880_001, 240, 880_002, 300, 60, Runtime.getRuntime().availableProcessors());

        /** Parts that are rendered in all. */
        public int parts() {
            return golden + tuneGood + tuneBad * (PartKind.values().length - 1);
        }
    }

    /** The point at which either answer is as likely among the tuned parts. */
    private static final double REJECT_AT = 0.5;

    /** A feature this many spreads from the mean of good parts says no more than one farther out. */
    private static final double LARGEST_OFF = 6;

    /** Pictures that are held in memory at once. */
    private static final int BATCH = 16;

    private final GoldenModel golden = new GoldenModel();
    private final double[] mean = new double[BaselineFeatures.NAMES.size()];
    private final double[] spread = new double[BaselineFeatures.NAMES.size()];
    private final Map<PartKind, LogisticRegression> weighed = new EnumMap<>(PartKind.class);

    private BaselineInspector() {}

    /**
     * Renders the parts of the plan and learns from them; takes a minute or two.
     *
     * @param locators makes a locator for each thread, which closes it
     * @param progress told the number of finished parts, of {@link Plan#parts()}
     */
    public static BaselineInspector tuned(Plan plan, Supplier<PartLocator> locators, IntConsumer progress)
            throws InterruptedException {
        var inspector = new BaselineInspector();
        var done = new AtomicInteger();
        inspector.learnGolden(plan, locators, () -> progress.accept(done.incrementAndGet()));
        inspector.learnWeights(plan, locators, () -> progress.accept(done.incrementAndGet()));
        return inspector;
    }

    private void learnGolden(Plan plan, Supplier<PartLocator> locators, Runnable finished) throws InterruptedException {
        var options = new RenderOptions(new KindMix(Map.of(PartKind.GOOD, 1)), true);
        for (int from = 0; from < plan.golden(); from += BATCH) {
            int start = from;
            int count = Math.min(BATCH, plan.golden() - from);
            List<Optional<FlatPart>> batch = each(count, plan.threads(), locators, (locator, i) -> {
                Optional<FlatPart> part = flat(BracketRenderer.render(plan.goldenSeed(), start + i, options), locator);
                finished.run();
                return part;
            });
            batch.forEach(part -> part.ifPresent(golden::add));
        }
    }

    /** What was measured on a part of known kind. */
    private record Sample(PartKind kind, double[] features) {}

    private void learnWeights(Plan plan, Supplier<PartLocator> locators, Runnable finished)
            throws InterruptedException {
        Map<PartKind, Integer> counts = new EnumMap<>(PartKind.class);
        for (PartKind kind : PartKind.values()) {
            counts.put(kind, kind == PartKind.GOOD ? plan.tuneGood() : plan.tuneBad());
        }
        var mix = new KindMix(counts);
        var options = new RenderOptions(mix, true);
        List<Sample> samples = new ArrayList<>();
        each(mix.block(), plan.threads(), locators, (locator, i) -> {
                    SimulatedPart part = BracketRenderer.render(plan.tuneSeed(), i, options);
                    Optional<Sample> sample = flat(part, locator)
                            .map(flat -> new Sample(part.truth().kind(), BaselineFeatures.of(flat, golden)));
                    finished.run();
                    return sample;
                })
                .forEach(sample -> sample.ifPresent(samples::add));
        List<Sample> good = ofKind(samples, PartKind.GOOD);
        for (int i = 0; i < mean.length; i++) {
            int feature = i;
            double[] values = good.stream()
                    .mapToDouble(sample -> sample.features()[feature])
                    .toArray();
            double sum = 0;
            double squares = 0;
            for (double value : values) {
                sum += value;
                squares += value * value;
            }
            mean[i] = sum / values.length;
            spread[i] = Math.sqrt(Math.max(0, squares / values.length - mean[i] * mean[i])) + 1e-6;
        }
        for (PartKind kind : PartKind.values()) {
            if (kind != PartKind.GOOD) {
                weighed.put(kind, weights(good, ofKind(samples, kind)));
            }
        }
    }

    private static List<Sample> ofKind(List<Sample> samples, PartKind kind) {
        return samples.stream().filter(sample -> sample.kind() == kind).toList();
    }

    private LogisticRegression weights(List<Sample> good, List<Sample> bad) {
        List<double[]> rows = new ArrayList<>();
        boolean[] isBad = new boolean[good.size() + bad.size()];
        good.forEach(sample -> rows.add(scaled(sample.features())));
        for (Sample sample : bad) {
            isBad[rows.size()] = true;
            rows.add(scaled(sample.features()));
        }
        return LogisticRegression.fit(rows, isBad);
    }

    private double[] scaled(double[] features) {
        double[] scaled = new double[features.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = Math.clamp((features[i] - mean[i]) / spread[i], -LARGEST_OFF, LARGEST_OFF);
        }
        return scaled;
    }

    private static Optional<FlatPart> flat(SimulatedPart part, PartLocator locator) {
        try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
            return Optional.of(FlatPart.of(frame, locator.locate(frame)));
        } catch (InspectionException e) {
            // A part that cannot be found teaches nothing; of those it judges, it says so.
            return Optional.empty();
        }
    }

    /** Asks {@code work} for 0 to {@code count − 1}, on threads each with its own locator; the answers in order. */
    private static <T> List<T> each(
            int count, int threads, Supplier<PartLocator> locators, BiFunction<PartLocator, Integer, T> work)
            throws InterruptedException {
        List<Callable<List<T>>> shares = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            int first = thread;
            shares.add(() -> {
                List<T> answers = new ArrayList<>();
                try (PartLocator locator = locators.get()) {
                    for (int i = first; i < count; i += threads) {
                        answers.add(work.apply(locator, i));
                    }
                }
                return answers;
            });
        }
        try (var pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("baseline-", 0).factory())) {
            List<List<T>> answers = new ArrayList<>();
            for (Future<List<T>> share : pool.invokeAll(shares)) {
                answers.add(share.get());
            }
            List<T> ordered = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ordered.add(answers.get(i % threads).get(i / threads));
            }
            return ordered;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the baseline could not be tuned", e.getCause());
        }
    }

    /**
     * Judges one picture. Its score is the largest share that any kind of defect gets; a part that cannot be found is
     * not inspected.
     */
    public JudgedPart judge(String file, Frame frame, PartLocator locator) {
        long start = System.nanoTime();
        FlatPart part;
        try {
            part = FlatPart.of(frame, locator.locate(frame));
        } catch (InspectionException e) {
            return new JudgedPart(file, Call.NOT_INSPECTED, OptionalDouble.empty(), List.of(), tookMs(start));
        }
        double[] features = scaled(BaselineFeatures.of(part, golden));
        PartKind worst = PartKind.GOOD;
        double score = -1;
        for (var kind : weighed.entrySet()) {
            double share = kind.getValue().share(features);
            if (share > score) {
                score = share;
                worst = kind.getKey();
            }
        }
        boolean rejected = score >= REJECT_AT;
        // It says what, not where: the region is the picture.
        var everywhere = new Region(0, 0, frame.width(), frame.height());
        List<Found> found = rejected ? List.of(new Found("baseline", worst.code(), score, everywhere)) : List.of();
        return new JudgedPart(file, rejected ? Call.REJECT : Call.PASS, OptionalDouble.of(score), found, tookMs(start));
    }

    private static OptionalDouble tookMs(long start) {
        return OptionalDouble.of((System.nanoTime() - start) / 1e6);
    }
}

package goshawk.appliance.bench;

import goshawk.appliance.bench.BenchResult.Row;
import goshawk.appliance.bench.BenchResult.Skipped;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.ModelWork;
import goshawk.trtbuild.Patches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Times the calls of an open engine with random pictures and tokens, always the same ones: a model's speed does not depend
 * on what it knows. A row that the engine refuses, because a conversation may not be so long, is skipped.
 *
 * <p>Belongs to the engine's thread; the engine stays the caller's.
 */
public final class EngineBench {

    /** Prompts that are asked together, and tokens that are decoded together. */
    private static final int TOGETHER = 8;

    /** Decoded one behind the other before it begins again, so that the context stays what the row says. */
    private static final int CHAIN = 32;

    /** Read at once when a context is prepared. */
    private static final int CHUNK = 1_024;

    /** As many tokens as verdicts begin with; which they are makes no difference. */
    private static final int[] SCORED = {1, 2, 3};

    private static final int WARM_UP = 3;
    private static final long SEED = 20_260;

    private final Engine engine;
    private final ModelConfig config;
    private final ModelWork work;
    private final Sizes sizes;
    private final Pace pace;
    private final Gauge gauge;
    private final Random random = new Random(SEED);
    private final List<Row> rows = new ArrayList<>();
    private final List<Skipped> skipped = new ArrayList<>();
    private long deviceBytes;

    /** What is done again and again; closed when that is over. */
    private interface Rounds extends AutoCloseable {

        void round();

        @Override
        default void close() {}
    }

    private record Planned(String name, List<ModelWork.Call> work, Supplier<Rounds> open) {}

    /**
     * @param deviceBytes the most that the gauge told; empty where it tells nothing
     */
    public record Measured(List<Row> rows, List<Skipped> skipped, OptionalLong deviceBytes) {}

    /** How far it is. */
    @FunctionalInterface
    public interface Progress {

        void at(int row, int rows);
    }

    /**
     * How each row is measured.
     *
     * @param rounds to time, at least 1; more where energy must be counted for longer than they take
     * @param takt from the beginning of one round to the next's, as parts come on a line; zero for one after another, which makes
     *     a GPU as hot as it gets
     */
    public record Pace(int rounds, Duration takt) {}

    private EngineBench(Engine engine, ModelConfig config, ModelWork work, Sizes sizes, Pace pace, Gauge gauge) {
        this.engine = engine;
        this.config = config;
        this.work = work;
        this.sizes = sizes;
        this.pace = pace;
        this.gauge = gauge;
    }

    /**
     * Measures all rows.
     *
     * @throws EngineException if a native call fails
     */
    public static Measured measure(
            Engine engine, ModelConfig config, ModelWork work, Sizes sizes, Pace pace, Gauge gauge, Progress progress) {
        var bench = new EngineBench(engine, config, work, sizes, pace, gauge);
        List<Planned> planned = bench.planned();
        for (int i = 0; i < planned.size(); i++) {
            progress.at(i, planned.size());
            bench.measure(planned.get(i));
        }
        progress.at(planned.size(), planned.size());
        return new Measured(
                List.copyOf(bench.rows),
                List.copyOf(bench.skipped),
                bench.deviceBytes == 0 ? OptionalLong.empty() : OptionalLong.of(bench.deviceBytes));
    }

    private List<Planned> planned() {
        int grid = sizes.side() / factor() * config.vision().merge();
        int pictureTokens = tokens(grid, grid);
        int past = pictureTokens + sizes.textTokens();
        int prompt = sizes.promptTokens();
        var planned = new ArrayList<Planned>();
        int side = grid * config.vision().patch();
        planned.add(new Planned("vision %d×%1$d".formatted(side), List.of(work.see(grid, grid)), () -> vision(grid)));
        planned.add(new Planned(
                "prefill %,d".formatted(pictureTokens),
                List.of(work.read(0, pictureTokens)),
                () -> prefillWithPicture(0, pictureTokens, grid)));
        planned.add(new Planned(
                "prefill %,d behind %,d".formatted(pictureTokens, sizes.textTokens()),
                List.of(work.read(sizes.textTokens(), pictureTokens)),
                () -> prefillWithPicture(sizes.textTokens(), pictureTokens, grid)));
        planned.add(new Planned(
                "prefill %,d".formatted(2 * pictureTokens),
                List.of(work.read(0, 2L * pictureTokens)),
                () -> prefill(text(2 * pictureTokens))));
        planned.add(new Planned(
                "suffix %d×%d on %,d".formatted(TOGETHER, prompt, past),
                List.of(work.ask(past, TOGETHER, prompt)),
                () -> suffix(past, prompts(TOGETHER, prompt))));
        for (int context : sizes.contexts()) {
            planned.add(new Planned(
                    "decode at %,d".formatted(context), List.of(work.read(context, 1)), () -> new Chain(context)));
            planned.add(new Planned(
                    "decode at %,d, batch %d".formatted(context, TOGETHER),
                    List.of(work.ask(context, TOGETHER, 1)),
                    () -> together(context, prompts(TOGETHER, 1))));
        }
        for (int count : List.of(1, TOGETHER)) {
            planned.add(new Planned(
                    "whole part, " + (count == 1 ? "1 prompt" : count + " prompts"),
                    List.of(work.see(grid, grid), work.read(0, past), work.ask(past, count, prompt)),
                    () -> part(grid, past, prompts(count, prompt))));
        }
        planned.add(new Planned(
                "parts in a row, 1 prompt",
                List.of(work.see(grid, grid), work.read(0, past), work.ask(past, 1, prompt)),
                () -> new InARow(grid, past, prompts(1, prompt))));
        return planned;
    }

    private void measure(Planned planned) {
        try (Rounds open = open(planned)) {
            for (int i = 1; i < WARM_UP; i++) {
                open.round();
            }
            rows.add(timed(planned, open));
            deviceBytes = Math.max(deviceBytes, gauge.usedBytes().orElse(0));
        } catch (Refused e) {
            skipped.add(new Skipped(planned.name(), e.why));
        }
    }

    /** Ready for rounds, the first of which is over. */
    private static Rounds open(Planned planned) throws Refused {
        try {
            Rounds open = planned.open().get();
            try {
                open.round();
                return open;
            } catch (EngineException e) {
                open.close();
                throw e;
            }
        } catch (EngineException.CallFailed | EngineException.ProcessFailed e) {
            throw e;
        } catch (EngineException e) {
            throw new Refused(e);
        }
    }

    /** What the engine will not do, which is no fault of it. */
    private static final class Refused extends Exception {

        private final String why;

        Refused(EngineException cause) {
            super(cause);
            this.why = String.valueOf(cause.getMessage());
        }
    }

    private Row timed(Planned planned, Rounds open) {
        var times = new ArrayList<Long>();
        OptionalLong before = gauge.millijoules();
        long start = System.nanoTime();
        long least = before.isPresent() ? gauge.countFor().toNanos() : 0;
        long now = start;
        while (times.size() < pace.rounds || now - start < least) {
            long began = now;
            open.round();
            now = System.nanoTime();
            times.add(now - began);
            LockSupport.parkNanos(pace.takt.toNanos() - (now - began));
            now = System.nanoTime();
        }
        OptionalLong after = gauge.millijoules();
        long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
        // With a takt it would be what the GPU takes to wait, too.
        boolean isCounted = before.isPresent() && after.isPresent() && pace.takt.isZero();
        return new Row(
                planned.name(),
                sorted.length,
                milliseconds(sorted, 0.5),
                milliseconds(sorted, 0.1),
                milliseconds(sorted, 0.9),
                isCounted ? (after.getAsLong() - before.getAsLong()) / 1e3 / sorted.length : null,
                planned.work());
    }

    private static double milliseconds(long[] sorted, double share) {
        return sorted[(int) Math.round(share * (sorted.length - 1))] / 1e6;
    }

    private Rounds vision(int grid) {
        Patches picture = picture(grid, grid);
        return () -> engine.see(picture).close();
    }

    private Rounds prefill(int[] tokens) {
        return () -> {
            try (Engine.Context nothing = engine.start()) {
                engine.read(nothing, tokens, List.of()).context().close();
            }
        };
    }

    /** A picture one row of tokens smaller, and text in the place of that row; behind {@code past} others. */
    private Rounds prefillWithPicture(int past, int tokens, int grid) {
        int rows = grid - config.vision().merge();
        int[] conversation = withPicture(tokens, tokens(rows, grid));
        Engine.Context before = context(past);
        try {
            Engine.PictureFeatures seen = engine.see(picture(rows, grid));
            return new Rounds() {
                @Override
                public void round() {
                    engine.read(before, conversation, List.of(seen)).context().close();
                }

                @Override
                public void close() {
                    seen.close();
                    before.close();
                }
            };
        } catch (RuntimeException e) {
            before.close();
            throw e;
        }
    }

    private Rounds suffix(int past, List<int[]> continuations) {
        return behind(past, context -> engine.ask(context, continuations, SCORED));
    }

    /** Each continuation is to be gone on with, which takes the logits of all words. */
    private Rounds together(int past, List<int[]> continuations) {
        return behind(past, context -> engine.ask(context, continuations));
    }

    private Rounds behind(int past, Consumer<Engine.Context> round) {
        Engine.Context context = context(past);
        return new Rounds() {
            @Override
            public void round() {
                round.accept(context);
            }

            @Override
            public void close() {
                context.close();
            }
        };
    }

    private Rounds part(int grid, int past, List<int[]> prompts) {
        Patches picture = picture(grid, grid);
        int[] conversation = withPicture(past, tokens(grid, grid));
        return () -> {
            try (Engine.PictureFeatures seen = engine.see(picture)) {
                judge(seen, conversation, prompts);
            }
        };
    }

    private void judge(Engine.PictureFeatures seen, int[] conversation, List<int[]> prompts) {
        try (Engine.Context nothing = engine.start();
                Engine.Context context = engine.show(nothing, conversation, List.of(seen))) {
            engine.ask(context, prompts, SCORED);
        }
    }

    /** Parts of which the next one waits: its picture is seen while this one is judged. */
    private final class InARow implements Rounds {

        private final Patches picture;
        private final int[] conversation;
        private final List<int[]> prompts;
        private Engine.PictureFeatures next;

        InARow(int grid, int past, List<int[]> prompts) {
            this.picture = picture(grid, grid);
            this.conversation = withPicture(past, tokens(grid, grid));
            this.prompts = prompts;
            this.next = engine.see(picture);
        }

        @Override
        public void round() {
            Engine.PictureFeatures behind = engine.see(picture);
            try (Engine.PictureFeatures seen = next) {
                next = behind;
                judge(seen, conversation, prompts);
            }
        }

        @Override
        public void close() {
            next.close();
        }
    }

    /** One token behind the last. */
    private final class Chain implements Rounds {

        private final Engine.Context beginning;
        private final int[] token = text(1);
        private Engine.Context last;
        private int length;

        Chain(int past) {
            beginning = context(past);
            last = beginning;
        }

        @Override
        public void round() {
            Engine.Context next = engine.read(last, token, List.of()).context();
            forget();
            last = next;
            length++;
            if (length == CHAIN) {
                forget();
                last = beginning;
                length = 0;
            }
        }

        private void forget() {
            if (length > 0) {
                last.close();
            }
        }

        @Override
        public void close() {
            forget();
            beginning.close();
        }
    }

    /** A conversation of random words. */
    private Engine.Context context(int tokens) {
        Engine.Context context = engine.start();
        try {
            while (context.length() < tokens) {
                int[] words = text(Math.min(CHUNK, tokens - context.length()));
                Engine.Context longer = engine.show(context, words, List.of());
                context.close();
                context = longer;
            }
            return context;
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
    }

    /** Pixels of a picture's side that become one token's. */
    private int factor() {
        return config.vision().patch() * config.vision().merge();
    }

    private int tokens(int rows, int columns) {
        return rows * columns / (config.vision().merge() * config.vision().merge());
    }

    private Patches picture(int rows, int columns) {
        float[] pixels = new float[rows * columns * config.vision().patchSize()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = 2 * random.nextFloat() - 1;
        }
        return new Patches(pixels, 1, rows, columns);
    }

    private int[] withPicture(int tokens, int pictureTokens) {
        int[] conversation = text(tokens);
        int before = (tokens - pictureTokens) / 2;
        Arrays.fill(
                conversation, before, before + pictureTokens, config.tokens().image());
        return conversation;
    }

    private int[] text(int tokens) {
        ModelConfig.Tokens marks = config.tokens();
        return random.ints(0, config.text().vocabulary())
                .filter(token -> !marks.isPicture(token) && token != marks.visionStart() && token != marks.visionEnd())
                .limit(tokens)
                .toArray();
    }

    /** Prompts no two of which begin alike. */
    private List<int[]> prompts(int count, int tokens) {
        int[] first =
                IntStream.generate(() -> text(1)[0]).distinct().limit(count).toArray();
        return Arrays.stream(first)
                .mapToObj(token -> {
                    int[] prompt = text(tokens);
                    prompt[0] = token;
                    return prompt;
                })
                .toList();
    }
}

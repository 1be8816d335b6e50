package goshawk.camera.sim;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/**
 * {@code java -cp camera.jar goshawk.camera.sim.Render --seed S --count N --out DIR [--kinds good=1000,missing_bolt=1000]
 * [--no-nuisance] [--threads T]}: the renderer without the appliance, for training on a machine that has nothing but a Java runtime.
 */
public final class Render {

    private static final String USAGE = """
            usage: --out DIR [--seed S] [--count N] [--kinds KIND=COUNT,...] [--no-nuisance] [--threads T]
              --seed         number of the shift (1); the same seed gives the same pictures
              --count        number of parts (the sum of --kinds, else 100)
              --out          folder for PNG files and truth.csv
              --kinds        how many of each kind: good, missing_bolt, wrong_bolt, cross_threaded, scratch,
                             crack, dent, bad_label, obscured (half good, the rest even)
              --no-nuisance  without oil, glare, swarf, dust and water marks
              --threads      pictures drawn at once (one per core)""";

    private Render() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /**
     * Parses the arguments, renders, and reports on standard error.
     *
     * @return exit code: 0, 1 when the folder cannot be written, 2 for arguments that make no sense
     */
    public static int run(String... args) {
        RenderJob job;
        try {
            job = parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("render: " + e.getMessage());
            System.err.println(USAGE);
            return 2;
        }
        try {
            long start = System.nanoTime();
            job.run(progress(job.count()));
            double seconds = (System.nanoTime() - start) / 1e9;
            System.err.printf(
                    "%d parts in %s, %.1f s, %.1f ms per picture%n",
                    job.count(), job.out(), seconds, 1_000 * seconds / job.count());
            return 0;
        } catch (IllegalArgumentException e) {
            System.err.println("render: " + e.getMessage());
            return 2;
        } catch (IOException e) {
            System.err.println("render: cannot write to " + job.out() + ": " + e);
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            System.err.println("render: interrupted, " + job.out() + " is incomplete");
            return 1;
        }
    }

    /**
     * @return a listener that writes a line about every two seconds
     */
    public static IntConsumer progress(int count) {
        var last = new AtomicLong(System.nanoTime());
        return done -> {
            long now = System.nanoTime();
            long before = last.get();
            if (now - before > 2_000_000_000L && last.compareAndSet(before, now)) {
                System.err.printf("%d of %d parts%n", done, count);
            }
        };
    }

    static RenderJob parse(String... args) {
        long seed = 1;
        int count = 0;
        String out = "";
        var mix = KindMix.USUAL;
        boolean nuisance = true;
        int threads = Runtime.getRuntime().availableProcessors();
        for (int i = 0; i < args.length; i++) {
            String option = args[i];
            if (option.equals("--no-nuisance")) {
                nuisance = false;
                continue;
            }
            if (i + 1 == args.length) {
                throw new IllegalArgumentException("%s is unknown or lacks its value".formatted(option));
            }
            String value = args[++i];
            switch (option) {
                case "--seed" -> seed = number(option, value);
                case "--count" -> count = Math.toIntExact(number(option, value));
                case "--out" -> out = value;
                case "--kinds" -> mix = KindMix.parse(value);
                case "--threads" -> threads = Math.toIntExact(number(option, value));
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        if (out.isEmpty()) {
            throw new IllegalArgumentException("--out is missing");
        }
        if (count == 0) {
            count = mix.equals(KindMix.USUAL) ? 100 : mix.block();
        }
        return new RenderJob(seed, count, Path.of(out), new RenderOptions(mix, nuisance), threads);
    }

    private static long number(String option, String value) {
        if (!value.matches("-?\\d{1,9}")) {
            throw new IllegalArgumentException(
                    "%s wants a whole number of up to nine digits, got '%s'".formatted(option, value));
        }
        return Long.parseLong(value);
    }
}

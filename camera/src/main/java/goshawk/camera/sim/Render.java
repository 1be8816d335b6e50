package goshawk.camera.sim;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/**
 * {@code java -cp camera.jar goshawk.camera.sim.Render --seed S --count N --out DIR …}: the renderer without the appliance, for
 * training on a machine that has nothing but a Java runtime.
 */
public final class Render {

    /** The station where finished brackets are looked at. */
    public static final String BRACKET = "bracket";

    /** The station where their bolts are fitted. */
    public static final String ASSEMBLY = "assembly";

    private static final List<String> VALUED = List.of(
            "--station",
            "--seed",
            "--count",
            "--out",
            "--kinds",
            "--writing",
            "--frames",
            "--fps",
            "--size",
            "--threads");

    private static final String USAGE = """
            usage: --out DIR [--station bracket|assembly] [--seed S] [--count N] [--threads T]
                   [--kinds KIND=COUNT,...] [--no-nuisance] [--writing SHARE]
                   [--frames N] [--fps N] [--size WIDTHxHEIGHT]
              --station      bracket draws pictures of parts, assembly clips of bolts being fitted (bracket)
              --seed         number of the shift (1); the same seed gives the same pictures
              --count        number of parts or clips (the sum of --kinds, else 100)
              --out          folder for PNG files and truth.csv
              --threads      pictures drawn at once (one per core)
            bracket:
              --kinds        how many of each kind: good, missing_bolt, wrong_bolt, cross_threaded, scratch,
                             crack, dent, bad_label, obscured (half good, the rest even)
              --no-nuisance  without oil, glare, swarf, dust and water marks
              --writing      share of the parts with words written or stuck on them (0.03; 0 with --no-nuisance)
            assembly:
              --frames       frames of a clip (32)
              --fps          frames a second (4)
              --size         of a frame in pixels (224x160)""";

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
        FolderJob job;
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
                    "%d drawn in %s, %.1f s, %.1f ms each%n",
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
                System.err.printf("%d of %d drawn%n", done, count);
            }
        };
    }

    static FolderJob parse(String... args) {
        Map<String, String> given = new HashMap<>();
        boolean nuisance = true;
        for (int i = 0; i < args.length; i++) {
            String option = args[i];
            if (option.equals("--no-nuisance")) {
                nuisance = false;
            } else if (!VALUED.contains(option)) {
                throw new IllegalArgumentException("unknown option " + option);
            } else if (i + 1 == args.length) {
                throw new IllegalArgumentException("%s lacks its value".formatted(option));
            } else {
                given.put(option, args[++i]);
            }
        }
        if (!given.containsKey("--out")) {
            throw new IllegalArgumentException("--out is missing");
        }
        Path out = Path.of(given.getOrDefault("--out", ""));
        long seed = number(given, "--seed", 1);
        int threads = Math.toIntExact(number(given, "--threads", FolderJob.usualThreads()));
        String station = given.getOrDefault("--station", BRACKET);
        return switch (station) {
            case ASSEMBLY -> {
                int[] size = ClipOptions.size(given.getOrDefault("--size", "224x160"));
                var options = new ClipOptions(
                        Math.toIntExact(number(given, "--frames", ClipOptions.USUAL.frames())),
                        Math.toIntExact(number(given, "--fps", ClipOptions.USUAL.framesPerSecond())),
                        size[0],
                        size[1]);
                yield new ClipJob(seed, Math.toIntExact(number(given, "--count", 100)), out, options, threads);
            }
            case BRACKET -> {
                String kinds = given.getOrDefault("--kinds", "");
                KindMix mix = kinds.isEmpty() ? KindMix.USUAL : KindMix.parse(kinds);
                int count = Math.toIntExact(number(given, "--count", kinds.isEmpty() ? 100 : mix.block()));
                String writing = given.getOrDefault("--writing", "");
                var options = writing.isEmpty()
                        ? new RenderOptions(mix, nuisance)
                        : new RenderOptions(mix, nuisance, share(writing));
                yield new RenderJob(seed, count, out, options, threads);
            }
            default ->
                throw new IllegalArgumentException(
                        "no such station: %s (known: %s, %s)".formatted(station, BRACKET, ASSEMBLY));
        };
    }

    private static double share(String value) {
        if (!value.matches("[01](\\.\\d{1,6})?")) {
            throw new IllegalArgumentException("--writing wants a share from 0 to 1, got '%s'".formatted(value));
        }
        return Double.parseDouble(value);
    }

    private static long number(Map<String, String> given, String option, long usual) {
        String value = given.get(option);
        return value == null ? usual : number(option, value);
    }

    private static long number(String option, String value) {
        if (!value.matches("-?\\d{1,9}")) {
            throw new IllegalArgumentException(
                    "%s wants a whole number of up to nine digits, got '%s'".formatted(option, value));
        }
        return Long.parseLong(value);
    }
}

package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.PlanBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A process of {@link PlanHost} as its parent sees it. Its memory is counted, and it ends with the work, with the parent and
 * when the waiting thread is interrupted.
 *
 * @param main class of its program
 * @param log its standard output and error, written anew by the first and appended by the others
 */
record PlanProcess(String main, Path log) implements GpuEngineBuilder.Worker {

    private static final Pattern AT = Pattern.compile(PlanHost.AT + "(\\d+) (\\d+) (.*)");

    /** A message of ours begins with its time. */
    private static final Pattern LOGGED = Pattern.compile("\\d\\d:\\d\\d:\\d\\d");

    /** Exit codes above this are a signal's number and this. */
    private static final int SIGNALLED = 128;

    private static final int SIGKILL = 9;
    private static final String END = "";

    PlanProcess(Path log) {
        this(PlanHost.class.getName(), log);
    }

    @Override
    public String done(PlanWork work, MemoryWatch watch, PlanBuilder.Steps steps) throws IOException {
        Process process = start(work);
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread.ofPlatform().name("plan answers").daemon().start(() -> hear(process, lines));
        watch.also(process.pid());
        String last = END;
        try {
            for (String line = lines.take(); !line.equals(END); line = lines.take()) {
                last = line;
                Matcher at = AT.matcher(line);
                if (at.matches()) {
                    steps.at(at.group(3), Long.parseLong(at.group(1)), Long.parseLong(at.group(2)));
                }
            }
            if (last.startsWith(PlanHost.DONE)) {
                return last.substring(PlanHost.DONE.length());
            }
            throw new CheckpointException("the %s cannot be made: %s; %s says more"
                    .formatted(work.kind().words(), reason(last, process.waitFor(), watch), log));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "making the %s was cancelled".formatted(work.kind().words()));
        } finally {
            end(process);
            watch.alone();
        }
    }

    private String reason(String last, int code, MemoryWatch watch) {
        if (last.startsWith(PlanHost.FAILED)) {
            return last.substring(PlanHost.FAILED.length());
        }
        String how = code <= SIGNALLED ? "ended with code " + code : "was ended by signal " + (code - SIGNALLED);
        String why = code == SIGNALLED + SIGKILL
                ? ", somebody's, or the machine had no memory left"
                : lastWords().map(words -> ", " + words).orElse("");
        return "its process %s%s (it and this one had %s of their own); it takes a machine with more memory where that was too little"
                .formatted(how, why, MemoryNeed.words(watch.mostOwn()));
    }

    /** What a library printed last, such as a compiler before it gave up; nothing if that was a message of ours. */
    private Optional<String> lastWords() {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> !line.isBlank())
                    .reduce((_, later) -> later)
                    .filter(line -> !LOGGED.matcher(line).lookingAt());
        } catch (IOException | UncheckedIOException _) {
            return Optional.empty(); // its name is in the message
        }
    }

    private Process start(PlanWork work) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "trap '' HUP INT TERM; exec \"$@\" %d>&1 1>&2".formatted(PlanHost.ANSWERS),
                "plan",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx320m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + log.toAbsolutePath().resolveSibling("engine-crash-%p.log"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                // A library that the machine has comes before one that a jar brings: TensorRT goes with its driver.
                "-Dorg.bytedeco.javacpp.pathsFirst=true",
                // JavaCPP would count the model's memory against the heap's bound, and refuse it.
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                main));
        words.addAll(work.arguments());
        boolean isFirst = work.kind() == PlanWork.Kind.OPERATORS;
        var builder = new ProcessBuilder(words)
                .redirectError(
                        isFirst
                                ? ProcessBuilder.Redirect.to(log.toFile())
                                : ProcessBuilder.Redirect.appendTo(log.toFile()));
        // Not on the command line, where it would hide all else in a list of processes.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        // What was a weight goes back to the machine when it is freed, and is not kept for the next one.
        builder.environment().putAll(Map.of("MALLOC_MMAP_THRESHOLD_", "1048576", "MALLOC_TRIM_THRESHOLD_", "1048576"));
        return builder.start();
    }

    private static void hear(Process process, BlockingQueue<String> lines) {
        try (BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (!line.isEmpty()) {
                    lines.add(line);
                }
            }
        } catch (IOException _) {
            // It has ended, which is what we say.
        }
        lines.add(END);
    }

    /** It traps what asks it to end, and its memory must be free before the next one takes some. */
    private static void end(Process process) {
        process.destroyForcibly();
        boolean interrupted = Thread.interrupted();
        while (process.isAlive()) {
            try {
                process.waitFor();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

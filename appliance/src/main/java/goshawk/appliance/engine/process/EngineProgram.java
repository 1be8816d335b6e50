package goshawk.appliance.engine.process;

import goshawk.trtbuild.EngineFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What is started as the engine process, and how long it may take.
 *
 * @param main class of its program, which calls {@link EngineHost#serve}
 * @param arguments behind the folder that the program serves in
 * @param log its standard error and output, appended; a crash of the Java runtime is told in a file beside it
 * @param startWithin until it has opened its engine, and for each call of the warm-up
 * @param answerWithin for each call after that; more than the longest takes
 */
public record EngineProgram(
        String main, List<String> arguments, Path log, Duration startWithin, Duration answerWithin) {

    /** A large model is read from a slow disk. */
    private static final Duration STARTING = Duration.ofMinutes(5);

    public EngineProgram {
        arguments = List.copyOf(arguments);
        if (!startWithin.isPositive() || !answerWithin.isPositive()) {
            throw new IllegalArgumentException(
                    "limits must be above 0: start %s, answer %s".formatted(startWithin, answerWithin));
        }
    }

    /**
     * The engine in a folder.
     *
     * @param threads and {@code context} as in {@link goshawk.appliance.engine.Engines#open(EngineFolder, int, OptionalInt)}
     */
    public static EngineProgram of(
            EngineFolder folder, int threads, OptionalInt context, Path log, Duration answerWithin) {
        return new EngineProgram(
                EngineHost.class.getName(),
                EngineHost.arguments(folder, threads, context),
                log,
                STARTING,
                answerWithin);
    }

    /** Where the Java runtime tells of its own crash. */
    Path crashFile(String pid) {
        return log.toAbsolutePath().resolveSibling("engine-crash-%s.log".formatted(pid));
    }

    /**
     * The command line. A shell puts the pipe of answers where no library prints, and makes the signals that stop a
     * terminal or a service pass by: the process ends with its parent, which has a part in hand.
     */
    List<String> command(Path shared) {
        List<String> words = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "trap '' HUP INT TERM; exec \"$@\" %d>&1 1>&2".formatted(EngineHost.ANSWERS),
                "engine",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + Runtime.getRuntime().maxMemory(),
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + crashFile("%p"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.awt.headless=true",
                // A library that the machine has comes before one that a jar brings: TensorRT goes with its driver.
                "-Dorg.bytedeco.javacpp.pathsFirst=true",
                // JavaCPP would count the model's memory against the heap's bound, and refuse it.
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                main,
                shared.toString()));
        words.addAll(arguments);
        return words;
    }
}

package goshawk.appliance;

import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.EngineCache;
import goshawk.trtbuild.EnginePrecision;
import goshawk.trtbuild.EngineVerification;
import goshawk.trtbuild.MemoryNeed;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description =
                "The engines that were built: of what, for which target, how large, verified or not; * is active.")
final class EngineListCommand implements Callable<Integer> {

    @Option(names = "--engines", description = "Where built engines are kept (var/engines).")
    private Optional<Path> engines = Optional.empty();

    @Override
    public Integer call() {
        var cache = new EngineCache(engines.orElseGet(() -> Home.path().resolve("var/engines")));
        boolean isEmpty = true;
        for (Path folder : cache.engines()) {
            try {
                EngineCache.Entry engine = cache.entry(folder);
                if (engine.isRunnable()) {
                    isEmpty = false;
                    System.out.println(line(engine));
                }
            } catch (CheckpointException e) {
                isEmpty = false;
                System.err.println("goshawk: " + e.getMessage());
            }
        }
        if (isEmpty) {
            System.out.printf("No engine in %s%n", cache.folder());
        }
        return ExitCode.OK;
    }

    private static String line(EngineCache.Entry engine) {
        return "%s %s  %s  %s  %s  %s  %s"
                .formatted(
                        engine.isActive() ? "*" : " ",
                        engine.name(),
                        engine.manifest().checkpoint().name(),
                        engine.manifest().target().profile(),
                        EnginePrecision.of(engine.manifest()),
                        MemoryNeed.words(engine.bytes()),
                        engine.verification().map(EngineListCommand::words).orElse("not verified"));
    }

    private static String words(EngineVerification verification) {
        return (verification.isPassed() ? "passed " : "not passed ") + verification.at();
    }
}

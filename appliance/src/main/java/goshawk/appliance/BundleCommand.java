package goshawk.appliance;

import goshawk.trtbuild.MemoryNeed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

@Command(
        name = "bundle",
        mixinStandardHelpOptions = true,
        description = {
            "Packs what engine, doctor and model need into one archive, for a machine with a GPU and a Java 25 runtime.",
            "Linux on x86_64. Without checkpoint, cameras for films, broker, web server."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the archive is written", "2:it cannot be written; what was there before stays"})
final class BundleCommand implements Callable<Integer> {

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            defaultValue = "goshawk-bundle.tar.xz",
            description = "The archive (${DEFAULT-VALUE}).")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        Bundle.ofThisProcess().write(file);
        try {
            System.out.printf(
                    "%s, %s. There: tar -xf %s && goshawk/goshawk doctor --model DIR%n",
                    file, MemoryNeed.words(Files.size(file)), file.getFileName());
        } catch (IOException e) {
            throw new CommandException("cannot read %s: %s".formatted(file, e), e);
        }
        return ExitCode.OK;
    }
}

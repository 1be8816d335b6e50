package goshawk.appliance;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "camera",
        mixinStandardHelpOptions = true,
        description = "Cameras: what their pictures measure.",
        subcommands = {CameraCalibrateCommand.class},
        synopsisSubcommandLabel = "COMMAND")
final class CameraCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        CommandLine.usage(spec.commandLine(), System.err);
        return ExitCode.USAGE;
    }
}

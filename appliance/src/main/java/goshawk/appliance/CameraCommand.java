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
        description =
                "Cameras: which are there, what they can be told, what they see, how well their pictures arrive, what those measure.",
        subcommands = {
            CameraListCommand.class,
            CameraShowCommand.class,
            CameraGrabCommand.class,
            CameraWatchCommand.class,
            CameraCalibrateCommand.class
        },
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

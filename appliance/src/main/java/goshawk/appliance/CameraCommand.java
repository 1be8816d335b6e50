package goshawk.appliance;

import picocli.CommandLine.Command;

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
            CameraCalibrateCommand.class,
            CameraDoctorCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class CameraCommand extends CommandGroup {}

package goshawk.appliance;

import picocli.CommandLine.Command;

@Command(
        name = "engine",
        mixinStandardHelpOptions = true,
        description = "Engines: what they are built from, whether they may be used, how fast they are.",
        subcommands = {
            EngineBuildCommand.class,
            EngineVerifyCommand.class,
            EngineListCommand.class,
            EngineCalibrateCommand.class,
            EngineBenchCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class EngineCommand extends CommandGroup {}

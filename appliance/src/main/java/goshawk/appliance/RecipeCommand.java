package goshawk.appliance;

import picocli.CommandLine.Command;

@Command(
        name = "recipe",
        mixinStandardHelpOptions = true,
        description = "Qualifies a recipe: how good it is, and how far its scores can be believed.",
        subcommands = {VerifyCommand.class, CalibrateCommand.class},
        synopsisSubcommandLabel = "COMMAND")
final class RecipeCommand extends CommandGroup {}

package goshawk.appliance;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "recipe",
        mixinStandardHelpOptions = true,
        description = "Qualifies a recipe: how good it is, and how far its scores can be believed.",
        subcommands = {VerifyCommand.class, CalibrateCommand.class},
        synopsisSubcommandLabel = "COMMAND")
final class RecipeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        CommandLine.usage(spec.commandLine(), System.err);
        return ExitCode.USAGE;
    }
}

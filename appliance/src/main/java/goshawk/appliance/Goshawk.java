package goshawk.appliance;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IParameterExceptionHandler;

/** The only main: one class a command, each of which says what its exit codes mean. */
@Command(
        name = "goshawk",
        mixinStandardHelpOptions = true,
        version = "goshawk 0.1.0",
        description = "Visual quality inspection appliance: pictures in, verdicts out.",
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            InspectCommand.class,
            WatchCommand.class,
            RenderCommand.class,
            CheckCommand.class,
            BenchCommand.class,
            ReportCommand.class,
            RecipeCommand.class,
            ModelCommand.class,
            EngineCommand.class,
            DoctorCommand.class,
            CameraCommand.class,
            ConfirmCommand.class,
            ExportCommand.class,
            ServeCommand.class,
            BundleCommand.class
        },
        footer = {"", "Also, by the launcher: ./goshawk test [--python], ./goshawk build"},
        synopsisSubcommandLabel = "COMMAND")
public final class Goshawk implements Callable<Integer> {

    private Goshawk() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Goshawk())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(usage())
                .setExecutionExceptionHandler(Goshawk::say);
    }

    /** Without a command there is nothing to do but to say which there are. */
    @Override
    public Integer call() {
        CommandLine.usage(this, System.err);
        return ExitCode.USAGE;
    }

    /** Our own exceptions name the thing and the remedy: their message is enough. Any other is a bug and shows itself. */
    private static int say(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        boolean ours = e.getClass().getName().startsWith("goshawk.");
        if (ours) {
            command.getErr().println("goshawk: " + e.getMessage());
        } else {
            e.printStackTrace(command.getErr());
        }
        return ours ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    private static IParameterExceptionHandler usage() {
        return (e, _) -> {
            CommandLine command = e.getCommandLine();
            command.getErr().println("goshawk: " + e.getMessage());
            command.getErr()
                    .println("Try: ./goshawk " + (command.getParent() == null ? "" : command.getCommandName() + " ")
                            + "--help");
            return ExitCode.USAGE;
        };
    }
}

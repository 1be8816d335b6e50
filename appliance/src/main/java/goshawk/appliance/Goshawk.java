package goshawk.appliance;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The only main. */
@Command(
        name = "goshawk",
        mixinStandardHelpOptions = true,
        version = "goshawk 0.1.0",
        description = "Visual quality inspection appliance.")
public final class Goshawk {

    private Goshawk() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Goshawk()).execute(args));
    }
}

package goshawk.appliance;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Commands as a person types them in the checkout. */
abstract class TypedCommands {

    static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));

    /** What commands said on standard error. */
    final StringWriter errors = new StringWriter();

    @TempDir
    Path dir;

    @BeforeEach
    void home() {
        System.setProperty("goshawk.home", ROOT.toString());
    }

    /** @return the exit code */
    int run(Object... words) {
        return Goshawk.commandLine()
                .setErr(new PrintWriter(errors, true))
                .execute(Stream.of(words).map(Object::toString).toArray(String[]::new));
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The interpreter that {@code ./goshawk test --python} sets up. */
public final class Python {

    private Python() {}

    /** What it prints; it must end well. */
    public static String printed(List<String> arguments) throws IOException, InterruptedException {
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        Process process = new ProcessBuilder(
                        Stream.concat(Stream.of(python), arguments.stream()).toList())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", printed).isZero();
        return printed;
    }

    /** A file of {@code trt-build}. */
    static String file(String path) {
        return Path.of(System.getProperty("goshawk.root", ".."), "trt-build", path)
                .toString();
    }
}

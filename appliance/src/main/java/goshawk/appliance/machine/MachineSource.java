package goshawk.appliance.machine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Where what is known of a machine comes from. Whatever cannot be had is empty: a machine need not be a GPU machine. */
public interface MachineSource {

    /** What a command prints; empty if it is not there, fails, or takes longer than ten seconds. */
    Optional<String> output(String... command);

    /** A text file, those of the kernel included. */
    Optional<String> file(String path);

    /** The file behind links; empty if there is none. */
    Optional<String> target(String path);

    /** This machine. */
    static MachineSource local() {
        return new Local();
    }

    /** Commands are run and files are read when they are asked for. */
    final class Local implements MachineSource {

        private static final int PATIENCE_S = 10;

        private Local() {}

        @Override
        public Optional<String> output(String... command) {
            try {
                Process process = new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                process.getOutputStream().close();
                // Read elsewhere: a command that hangs prints nothing and would hold us for ever.
                var printed = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
                if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    return Optional.empty();
                }
                return process.exitValue() == 0 ? Optional.of(printed.join()) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }

        private static String text(InputStream in) {
            try (in) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Optional<String> file(String path) {
            try {
                return Optional.of(Files.readString(Path.of(path), StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        @Override
        public Optional<String> target(String path) {
            try {
                return Optional.of(Path.of(path).toRealPath().toString());
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }
}

package goshawk.trtbuild;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/** The committed tiny checkpoints, and what transformers answered for them. */
final class Goldens {

    private Goldens() {}

    static Path folder(String name) {
        try {
            return Path.of(Objects.requireNonNull(Goldens.class.getResource("/goldens/" + name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static Safetensors answers(String name) {
        return Safetensors.open(folder(name).resolve("golden.safetensors"));
    }

    static float[] floats(Safetensors answers, String name) {
        Tensor tensor = Objects.requireNonNull(answers.tensors().get(name), name);
        return answers.bytes(tensor).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    static long[] longs(Safetensors answers, String name) {
        Tensor tensor = Objects.requireNonNull(answers.tensors().get(name), name);
        return answers.bytes(tensor).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
    }

    /** A copy that a test may damage. */
    static Path copy(String name, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(folder(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
        return to;
    }
}

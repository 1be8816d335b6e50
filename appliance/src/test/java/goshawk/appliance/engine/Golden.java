package goshawk.appliance.engine;

import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.Safetensors;
import goshawk.trtbuild.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A tiny checkpoint and what transformers answered for it; see {@code trt-build/goldens/make_goldens.py}. */
final class Golden implements AutoCloseable {

    private final Path folder;
    private final Safetensors answers;

    private Golden(Path folder, Safetensors answers) {
        this.folder = folder;
        this.answers = answers;
    }

    static Golden open(String name) {
        return open(folder(name), folder(name).resolve("golden.safetensors"));
    }

    static Path folder(String name) {
        return Path.of(System.getProperty("goshawk.root", ".."))
                .resolve("trt-build/src/test/resources/goldens")
                .resolve(name);
    }

    /** Another checkpoint, and answers made by the script's {@code --answers}. */
    static Golden open(Path checkpoint, Path answers) {
        return new Golden(checkpoint, Safetensors.open(answers));
    }

    Path checkpoint() {
        return folder;
    }

    float[] floats(String name) {
        Tensor tensor = tensor(name, ElementType.F32);
        return answers.bytes(tensor).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    int[] integers(String name) {
        Tensor tensor = tensor(name, ElementType.I64);
        return Arrays.stream(answers.bytes(tensor).toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /** Row {@code row} of a matrix. */
    float[] row(String name, int row) {
        int width = Math.toIntExact(tensor(name, ElementType.F32).shape().getLast());
        return Arrays.copyOfRange(floats(name), row * width, (row + 1) * width);
    }

    /** The pictures of the conversation, with the numbers that the script made. */
    List<Patches> pictures(int patchSize) {
        int[] grids = integers("grids");
        return IntStream.range(0, grids.length / 3)
                .mapToObj(i -> patches(grids[3 * i], grids[3 * i + 1], grids[3 * i + 2], patchSize, i))
                .toList();
    }

    static Patches patches(int frames, int rows, int columns, int patchSize, int seed) {
        float[] pixels = new float[frames * rows * columns * patchSize];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = ((i * 7919L + seed * 104729L) % 2039 - 1019) / 1024f;
        }
        return new Patches(pixels, frames, rows, columns);
    }

    private Tensor tensor(String name, ElementType type) {
        Tensor tensor = answers.tensors().get(name);
        if (tensor == null || tensor.type() != type) {
            throw new IllegalArgumentException("no %s of %s in %s".formatted(name, type, answers.tensors()));
        }
        return tensor;
    }

    @Override
    public void close() {
        answers.close();
    }
}

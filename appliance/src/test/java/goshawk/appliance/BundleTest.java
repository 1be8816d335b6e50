package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundle, unpacked and run as on a machine that has nothing but it and a Java runtime. */
class BundleTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));
    private static final Path NANO = ROOT.resolve("trt-build/nano/checkpoint").toAbsolutePath();

    @TempDir
    private static Path dir;

    private static Path archive;
    private static Path java;

    @BeforeAll
    static void unpacked() throws Exception {
        archive = dir.resolve("bundle.tar.xz");
        Bundle.of(System.getProperty("java.class.path"), ROOT).write(archive);
        run(new ProcessBuilder("tar", "--extract", "--file=" + archive, "--directory=" + dir));
        java = smallRuntime();
    }

    /** A runtime without what only JDKs have, where this JDK can make one. */
    private static Path smallRuntime() throws Exception {
        Path jdk = Path.of(System.getProperty("java.home"));
        if (!Files.isExecutable(jdk.resolve("bin/jlink"))) {
            return jdk.resolve("bin/java");
        }
        Path runtime = dir.resolve("java");
        run(new ProcessBuilder(
                jdk.resolve("bin/jlink").toString(),
                "--add-modules=java.se,jdk.unsupported",
                "--strip-debug",
                "--output=" + runtime));
        return runtime.resolve("bin/java");
    }

    private record Said(int exit, String words) {}

    private static Said run(ProcessBuilder command) throws Exception {
        Process process = command.redirectErrorStream(true).start();
        try (var said = process.inputReader()) {
            String words = String.join("\n", said.lines().toList());
            return new Said(process.waitFor(), words);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Without anything of this process's environment, and with native libraries laid out anew. */
    private static Said goshawk(Object... arguments) throws Exception {
        List<String> words =
                new ArrayList<>(List.of(dir.resolve("goshawk/goshawk").toString()));
        Arrays.stream(arguments).map(Object::toString).forEach(words::add);
        var command = new ProcessBuilder(words).directory(dir.toFile());
        Map<String, String> environment = command.environment();
        environment.clear();
        environment.put("PATH", "/usr/bin:/bin");
        environment.put("JAVA", java.toString());
        environment.put("GOSHAWK_JAVA_OPTS", "-Dorg.bytedeco.javacpp.cachedir=" + dir.resolve("cache"));
        return run(command);
    }

    /** What it prints, when that is all it has to say. */
    private static String done(Object... arguments) throws Exception {
        Said said = goshawk(arguments);
        assertThat(said.exit()).as(said.words()).isZero();
        return said.words();
    }

    @Test
    void itFitsThroughTheDoor() throws IOException {
        assertThat(Files.size(archive)).isLessThanOrEqualTo(30L << 20);
    }

    @Test
    void nativeLibrariesAreForOnePlatformAndNothingServes() throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> jars = Files.list(dir.resolve("goshawk/lib"))) {
            for (Path jar : jars.toList()) {
                try (var content = new ZipFile(jar.toFile())) {
                    content.stream().forEach(entry -> names.add(entry.getName()));
                }
            }
        }

        assertThat(names)
                .anyMatch(name -> name.endsWith("linux-x64/libonnxruntime.so"))
                .anyMatch(name -> name.endsWith("linux-x86_64/cpu/libtokenizers.so"))
                .anyMatch(name -> name.endsWith("linux-x86_64/libjnicudart.so"))
                .anyMatch(name -> name.endsWith("linux-x86_64/libjninvrtc.so"))
                .anyMatch(name -> name.endsWith("linux-x86_64/libjninvonnxparser.so"))
                .contains("goshawk/trtbuild/tensorrt/cached-attention.cu")
                .noneMatch(name -> name.matches("(org/bytedeco/(ffmpeg|javacv)|io/micronaut|io/netty|com/hivemq)/.*"));
        assertThat(names)
                .filteredOn(name -> name.matches(".*\\.(so[.\\d]*|dll|dylib|jnilib)"))
                .allMatch(name -> name.matches(".*/(linux-x86_64|linux-x64|Linux/x86_64)/.*"));
    }

    @Test
    void commandsRunFromItAlone() throws Exception {
        assertThat(done("engine", "--help")).contains("build", "verify", "list", "calibrate", "bench");
        assertThat(done("engine", "list")).startsWith("No engine in");
        assertThat(goshawk("doctor", "--model", NANO).words()).contains("runs with");
        assertThat(done("model", "inspect", NANO)).contains("goshawk-nano");
        assertThat(done("model", "synthesize", "--help")).contains("--like");
        assertThat(done("engine", "bench", "--sizes", "quick", "--rounds", 2, "--model", NANO))
                .contains("whole part, 8 prompts");
        assertThat(done("engine", "list")).contains("goshawk-nano");
    }

    /** The recipe has a pose, so this reads a picture and finds a part in it with OpenCV. */
    @Test
    void recipesWithAPoseCanBeUsed() throws Exception {
        SimulatedPart part = BracketRenderer.render(7, 0, new RenderOptions(KindMix.parse("good=1"), true, 0));
        PictureFile.writePng(
                Frame.of(part.width(), part.height(), part.rgb()),
                true,
                Files.createDirectory(dir.resolve("parts")).resolve("part.png"));

        assertThat(done(
                        "engine",
                        "calibrate",
                        "--model",
                        NANO,
                        "--recipe",
                        dir.resolve("goshawk/recipes/bracket.yaml"),
                        "--images",
                        dir.resolve("parts")))
                .contains("1 pictures judged");
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        Said said = goshawk("run", "--config", "station.yaml");

        assertThat(said.exit()).isEqualTo(2);
        assertThat(said.words())
                .contains("its commands are engine, doctor and model")
                .hasLineCount(1);
    }

    @Test
    void aClassPathThatLacksALibraryIsRefused() {
        String path = String.join(
                File.pathSeparator,
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                        .filter(entry -> !entry.contains("tokenizers"))
                        .toList());

        assertThatThrownBy(() -> Bundle.of(path, ROOT))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("tokenizers");
    }
}

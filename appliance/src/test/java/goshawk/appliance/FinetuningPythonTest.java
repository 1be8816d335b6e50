package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.evaluate.KnownPart;
import goshawk.appliance.evaluate.TruthFile;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole way round, as a customer would walk it: a station under a light that the checkpoint does not know, parts
 * confirmed and exported, an adapter trained from them and merged, and other parts under the same light judged with and
 * without it. Run by {@code ./goshawk test --python}.
 */
@Tag("python")
class FinetuningPythonTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));

    /** A low-pressure sodium lamp, roughly: shares of red, green and blue that are left. Bolts look yellow-passivated. */
    private static final double[] SODIUM = {1.1, 0.8, 0.25};

    private static final String KINDS = "good=48,missing_bolt=24,wrong_bolt=24";
    private static final int PARTS = 96;

    @TempDir
    Path dir;

    @Test
    @Timeout(value = 40, unit = TimeUnit.MINUTES)
    void anAdapterTrainedOnConfirmedPartsJudgesOtherPartsBetter() throws Exception {
        System.setProperty("goshawk.home", ROOT.toString());
        Path seen = underSodium("seen", 77, KINDS);
        Path heldOut = underSodium("held-out", 78, "good=20,missing_bolt=10,wrong_bolt=10");
        Path recipe = recipe();

        run("run", "--config", station(recipe, seen), "--unverified-recipe", "bracket");
        run("confirm", "--data", dir.resolve("var"), "--truth", seen.resolve("truth.csv"));
        Path set = dir.resolve("set");
        run("export", "--data", dir.resolve("var"), "--recipe", recipe, "--out", set);
        JsonNode card = new ObjectMapper().readTree(set.resolve("card.json").toFile());
        int parts = card.at("/splits/train/parts").asInt()
                + card.at("/splits/validation/parts").asInt();
        assertThat(parts).as("confirmed and exported, of %d", PARTS).isGreaterThan(PARTS * 3 / 4);

        Path adapter = dir.resolve("adapter");
        python(List.of(
                "train.py",
                "--checkpoint",
                ROOT.resolve("trt-build/nano/checkpoint").toAbsolutePath().toString(),
                "--data",
                set.toString(),
                "--out",
                adapter.toString(),
                "--vision",
                "--epochs",
                "3",
                "--batch",
                "4",
                "--rate",
                "1e-3",
                "--seed",
                "1"));

        double before = balancedAccuracy(heldOut, recipe, List.of());
        double after = balancedAccuracy(heldOut, recipe, List.of("--adapter", adapter));
        System.out.printf(
                "held-out parts under sodium light, balanced accuracy of release: %.3f without the adapter, %.3f with it%n",
                before, after);
        assertThat(before)
                .as("the checkpoint as it is: if it knows this light, choose another")
                .isLessThan(0.8);
        assertThat(after).as("with the adapter").isGreaterThan(0.8).isGreaterThan(before + 0.15);
    }

    /** Mean of the share of good parts that pass and the share of bad parts that do not. */
    private double balancedAccuracy(Path parts, Path recipe, List<Object> options) throws IOException {
        Path verdicts = dir.resolve("verdicts-" + options.size() + ".jsonl");
        var words = Stream.concat(
                        Stream.of("inspect", "--recipe", recipe, "--images", parts, "--out", verdicts, "--engines"),
                        Stream.concat(Stream.of(dir.resolve("engines")), options.stream()))
                .toArray();
        run(words);
        Map<String, KnownPart> truth = TruthFile.read(parts.resolve("truth.csv"));
        int[] right = new int[2];
        int[] all = new int[2];
        for (String line : Files.readAllLines(verdicts)) {
            JsonNode said = new ObjectMapper().readTree(line);
            Path file = Path.of(said.get("image").asText());
            boolean isGood = Objects.requireNonNull(truth.get(file.getFileName().toString()))
                    .isGood();
            boolean passed = said.get("verdict").asText().equals("PASS");
            int kind = isGood ? 1 : 0;
            all[kind]++;
            right[kind] += passed == isGood ? 1 : 0;
        }
        return ((double) right[0] / all[0] + (double) right[1] / all[1]) / 2;
    }

    private Path underSodium(String name, int seed, String kinds) throws IOException {
        Path drawn = dir.resolve(name + "-drawn");
        run("render", "--seed", seed, "--kinds", kinds, "--out", drawn);
        Path lit = Files.createDirectories(dir.resolve(name));
        try (Stream<Path> files = Files.list(drawn)) {
            for (Path file : files.toList()) {
                Path to = lit.resolve(file.getFileName().toString());
                if (PictureFile.isPictureName(file)) {
                    light(file, to);
                } else {
                    Files.copy(file, to);
                }
            }
        }
        return lit;
    }

    private static void light(Path from, Path to) {
        try (Frame frame = PictureFile.read(from)) {
            byte[] rgb = frame.rgb();
            for (int i = 0; i < frame.width() * frame.height() * 3; i++) {
                rgb[i] = (byte) Math.min(255, Math.round((rgb[i] & 0xff) * SODIUM[i % 3]));
            }
            PictureFile.writePng(frame, true, to);
        }
    }

    /** The shipped recipe with its first two questions. */
    private Path recipe() throws IOException {
        String whole = Files.readString(ROOT.resolve("recipes/bracket.yaml"));
        int third = whole.indexOf("  - id: cross_threaded");
        int takt = whole.indexOf("\ntakt:");
        return Files.writeString(dir.resolve("recipe.yaml"), whole.substring(0, third) + whole.substring(takt));
    }

    private Path station(Path recipe, Path parts) throws IOException {
        return Files.writeString(dir.resolve("station.yaml"), """
                recipe: %s
                source: {kind: folder, address: %s, period: 600 ms}
                broker: {port: %d}
                dashboard: {port: %d}
                data: var
                engineCache: engines
                """.formatted(recipe, parts, freePort(), freePort()));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void run(Object... arguments) {
        String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
        assertThat(Goshawk.commandLine().execute(words))
                .as(String.join(" ", words))
                .isZero();
    }

    private static void python(List<String> arguments) throws IOException, InterruptedException {
        String python = Objects.requireNonNull(System.getenv("GOSHAWK_PYTHON"), "run ./goshawk test --python");
        var builder = new ProcessBuilder(
                        Stream.concat(Stream.of(python), arguments.stream()).toList())
                .directory(ROOT.resolve("trt-build/finetune").toFile())
                .redirectErrorStream(true);
        builder.environment().put("OMP_NUM_THREADS", "1"); // threads that spin for each other cost more than they bring
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.print(printed);
        assertThat(process.waitFor()).as("%s", printed).isZero();
    }
}

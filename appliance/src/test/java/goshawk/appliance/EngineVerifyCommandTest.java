package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineCache;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.EngineVerification;
import goshawk.trtbuild.TargetProfile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The shipped checkpoint's own engines, on drawn parts. */
class EngineVerifyCommandTest extends TypedCommands {

    private static final Path NANO = ROOT.resolve("trt-build/nano/checkpoint");
    private static final String NAME = "goshawk-nano-3";
    private static final EngineBuilder.Progress SILENT = (_, _, _) -> {};

    private Path engines = Path.of("");
    private String said = "";

    @BeforeEach
    void engines() {
        engines = dir.resolve("engines");
    }

    @Override
    int run(Object... words) {
        PrintStream before = System.out;
        var out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            return super.run(words);
        } finally {
            System.setOut(before);
            said = out.toString(StandardCharsets.UTF_8);
        }
    }

    private int verify(Path engine, Object... more) {
        Object[] words = new Object[6 + more.length];
        System.arraycopy(new Object[] {"engine", "verify", "--engines", engines, "--engine", engine}, 0, words, 0, 6);
        System.arraycopy(more, 0, words, 6, more.length);
        return run(words);
    }

    /** The bracket's recipe with its first prompt alone: as good a proof, and a test has not so long to wait. */
    private Path shortRecipe() throws IOException {
        String whole = Files.readString(ROOT.resolve("recipes/bracket.yaml"));
        int second = whole.indexOf("  - id: wrong_bolt");
        Path recipe = dir.resolve("short.yaml");
        return Files.writeString(recipe, whole.substring(0, second) + whole.substring(whole.indexOf("\ntakt:")));
    }

    private EngineFolder primitive(Path checkpoint) {
        return EngineBuilder.build(checkpoint, engines, TargetProfile.PRIMITIVE, SILENT);
    }

    private EngineVerification kept(EngineFolder engine) {
        return new EngineCache(engines).verification(engine.hash()).orElseThrow();
    }

    /** Nano without an eighth of the numbers of one layer's norm. */
    private Path changedCheckpoint() throws IOException {
        Path changed = Files.createDirectories(dir.resolve("changed"));
        try (var files = Files.list(NANO)) {
            for (Path file : files.toList()) {
                Files.copy(file, changed.resolve(file.getFileName().toString()));
            }
        }
        try (var weights =
                new RandomAccessFile(changed.resolve("model.safetensors").toFile(), "rw")) {
            byte[] length = new byte[8];
            weights.readFully(length);
            int header = (length[0] & 0xff) | (length[1] & 0xff) << 8 | (length[2] & 0xff) << 16;
            byte[] json = new byte[header];
            weights.readFully(json);
            JsonNode place = new ObjectMapper()
                    .readTree(json)
                    .path("model.language_model.layers.2.input_layernorm.weight")
                    .path("data_offsets");
            int bytes = place.path(1).asInt() - place.path(0).asInt();
            assertThat(bytes).isPositive();
            weights.seek(8L + header + place.path(0).asInt());
            weights.write(new byte[bytes / 8]);
        }
        return changed;
    }

    /** An engine that says it is of nano, and computes with other weights. */
    private EngineFolder wrong() throws IOException {
        EngineFolder honest = primitive(NANO);
        EngineFolder changed = primitive(changedCheckpoint());
        Path folder = Files.createDirectories(engines.resolve("wrong"));
        try (var files = Files.list(changed.path())) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        var json = new ObjectMapper();
        Path manifest = folder.resolve("manifest.json");
        ObjectNode said = (ObjectNode) json.readTree(manifest.toFile());
        ((ObjectNode) said.path("checkpoint"))
                .put("name", NAME)
                .put("path", honest.manifest().checkpoint().path())
                .put("sha256", honest.manifest().checkpoint().sha256());
        json.writeValue(manifest.toFile(), said);
        return EngineFolder.open(folder);
    }

    @Test
    void theSameModelInOtherOperatorsPassesAndIsActiveAndAWrongOneIsNot() throws IOException {
        EngineFolder right = primitive(NANO);
        var cache = new EngineCache(engines);

        Path recipe = shortRecipe();

        assertThat(verify(right.path().getFileName(), "--recipe", recipe, "--parts", 20))
                .as("%s", errors)
                .isZero();

        EngineVerification passed = kept(right);
        assertThat(passed.isPassed()).isTrue();
        assertThat(passed.figures().pictures()).isEqualTo(20);
        assertThat(passed.figures().sameVerdicts()).isEqualTo(20);
        assertThat(passed.figures().scored().steps()).as("one prompt each").isEqualTo(20);
        assertThat(passed.figures().answered().steps()).as("parts are rejected").isGreaterThan(10);
        assertThat(passed.figures().scored().worstError())
                .as("the same arithmetic in another order, and not the same engine")
                .isBetween(1e-9, 1e-4);
        assertThat(passed.figures().answered().worstError()).isLessThan(1e-4);
        assertThat(passed.reference()).isNotEqualTo(passed.engine());
        assertThat(passed.recipe().id()).isEqualTo("bracket");
        assertThat(cache.active(NAME, "primitive").orElseThrow().engine())
                .isEqualTo(right.path().getFileName().toString());
        assertThat(said).contains("verdicts, the same", "20 of 20", "is the active one of " + NAME);

        assertThat(verify(right.path(), "--recipe", recipe, "--parts", 1)).isEqualTo(1);
        assertThat(said).contains("A rehearsal", "nothing has changed");
        assertThat(kept(right)).as("of a rehearsal nothing is kept").isEqualTo(passed);

        EngineFolder wrong = wrong();
        assertThat(verify(wrong.path(), "--recipe", recipe, "--parts", 20))
                .as("%s", errors)
                .isEqualTo(1);

        EngineVerification failed = kept(wrong);
        assertThat(failed.isPassed()).isFalse();
        assertThat(failed.checks())
                .filteredOn(check -> !check.isMet())
                .extracting(EngineVerification.Check::what)
                .contains("scored steps, relative error, mean", "steps of answers, relative error, mean");
        assertThat(cache.active(NAME, "primitive").orElseThrow().engine())
                .as("the one before stays")
                .isEqualTo(right.path().getFileName().toString());
        assertThat(said)
                .contains(
                        "NOT MET",
                        "Largest error: part-",
                        "Engine %s stays the active one".formatted(right.path().getFileName()));

        assertThat(run("engine", "list", "--engines", engines)).isZero();
        assertThat(said.lines())
                .anyMatch(line -> line.startsWith("* " + right.path().getFileName()) && line.contains("passed 20"))
                .anyMatch(line -> line.startsWith("  wrong") && line.contains("not passed 20"))
                .anyMatch(line -> line.contains("cpu") && line.contains("not verified"));
    }

    @Test
    void anEngineOfOtherWeightsIsRefusedAndNothingIsKept() throws IOException {
        EngineFolder changed = primitive(changedCheckpoint());
        assertThat(verify(changed.path(), "--model", NANO)).isEqualTo(2);
        assertThat(errors.toString()).contains("was built of weights", "name its own with --model");
        assertThat(new EngineCache(engines).verification(changed.hash())).isEmpty();
    }

    @Test
    void whatCannotBeUsedIsToldInALine() throws IOException {
        assertThat(verify(Path.of("none"))).isEqualTo(2);
        assertThat(errors.toString()).contains("has no manifest.json");
        EngineFolder right = primitive(NANO);
        assertThat(run("engine", "verify", "--engines", dir.resolve("other"), "--engine", right.path()))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("does not lie in the engines' folder");
        assertThat(verify(right.path(), "--recipe", ROOT.resolve("recipes/bracket-code.yaml")))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("has no golden set: name pictures with --images");
        Path torn = Files.createDirectories(dir.resolve("torn"));
        Files.writeString(torn.resolve("torn.png"), "no picture");
        assertThat(verify(right.path(), "--images", torn)).isEqualTo(2);
        assertThat(errors.toString()).contains("not one picture could be judged");
        assertThat(new EngineCache(engines).verification(right.hash())).isEmpty();
    }
}

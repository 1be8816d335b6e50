package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.EngineVerification.Bounds;
import goshawk.trtbuild.EngineVerification.Check;
import goshawk.trtbuild.EngineVerification.Figures;
import goshawk.trtbuild.EngineVerification.Logits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verifications, and which engine is active. */
class EngineCacheTest {

    private static final EngineBuilder.Progress SILENT = (_, _, _) -> {};
    private static final Logits NEAR = new Logits(100, 1e-4, 1e-3, 100);
    private static final Figures GOOD = figures(20, NEAR, NEAR, 20);

    @TempDir
    Path folder;

    private EngineCache cache = new EngineCache(Path.of(""));

    @BeforeEach
    void open() {
        cache = new EngineCache(folder);
    }

    private static Figures figures(int pictures, Logits scored, Logits answered, int sameVerdicts) {
        return new Figures(pictures, scored, answered, sameVerdicts, "part-1", List.of());
    }

    private static EngineVerification verification(String engine, Figures figures) {
        return new EngineVerification(
                EngineVerification.FORMAT,
                engine,
                "reference",
                "weights",
                new ActivationScales.Recipe("bracket", "1.0", "hash"),
                "pictures",
                "2026-11-26T12:00:00Z",
                EnginePrecision.FP32,
                Bounds.of(EnginePrecision.FP32),
                figures);
    }

    private static List<String> notMet(Figures figures) {
        return verification("engine", figures).checks().stream()
                .filter(check -> !check.isMet())
                .map(Check::what)
                .toList();
    }

    /** Engines of one checkpoint for one target, as another version of the graph would make them. */
    private EngineFolder engine(int graph) throws IOException {
        EngineFolder built = EngineBuilder.build(Goldens.folder("tiny-bf16"), folder, TargetProfile.PRIMITIVE, SILENT);
        Path other = Files.createDirectories(folder.resolve("engine-" + graph));
        try (var files = Files.list(built.path())) {
            for (Path file : files.toList()) {
                Files.copy(file, other.resolve(file.getFileName().toString()));
            }
        }
        Manifest manifest = built.manifest();
        var target = new Manifest.Target(
                manifest.target().profile(), manifest.target().opset(), graph);
        Files.write(
                other.resolve(EngineFolder.MANIFEST),
                new Manifest(
                                manifest.format(),
                                manifest.checkpoint(),
                                manifest.adapter(),
                                manifest.quantised(),
                                manifest.plans(),
                                manifest.architecture(),
                                manifest.precision(),
                                target,
                                manifest.shapes(),
                                manifest.files())
                        .toJson());
        return EngineFolder.open(other);
    }

    private EngineFolder passed(int graph) throws IOException {
        EngineFolder engine = engine(graph);
        cache.keep(verification(engine.hash(), GOOD));
        return engine;
    }

    private ActiveEngine active(EngineFolder engine) {
        return cache.active(
                        engine.manifest().checkpoint().name(),
                        engine.manifest().target().profile())
                .orElseThrow();
    }

    @Test
    void eachFigureHasABoundThatCountsByItself() {
        assertThat(notMet(GOOD)).isEmpty();
        assertThat(verification("engine", GOOD).isConclusive()).isTrue();
        assertThat(notMet(figures(19, NEAR, NEAR, 19))).containsExactly("pictures");
        assertThat(verification("engine", figures(19, NEAR, NEAR, 19)).isConclusive())
                .isFalse();
        assertThat(notMet(figures(20, new Logits(100, 2.1e-3, 5e-3, 100), NEAR, 20)))
                .containsExactly("scored steps, relative error, mean");
        assertThat(notMet(figures(20, new Logits(100, 1e-4, 1.1e-2, 100), NEAR, 20)))
                .containsExactly("scored steps, relative error, worst");
        assertThat(notMet(figures(20, new Logits(100, 1e-4, 1e-3, 99), NEAR, 20)))
                .containsExactly("scored steps, same likeliest token");
        assertThat(notMet(figures(20, NEAR, new Logits(100, 1e-4, 1e-3, 97), 20)))
                .containsExactly("steps of answers, same likeliest token");
        assertThat(notMet(figures(20, NEAR, NEAR, 19))).containsExactly("verdicts, the same");
    }

    @Test
    void whatWasNotComparedOrIsNotFiniteDoesNotPass() {
        assertThat(notMet(figures(20, NEAR, new Logits(0, 0, 0, 0), 20)))
                .containsExactly("steps of answers", "steps of answers, same likeliest token");
        assertThat(verification("engine", figures(20, NEAR, new Logits(0, 0, 0, 0), 20))
                        .isConclusive())
                .isFalse();
        assertThat(verification("engine", figures(20, new Logits(0, 0, 0, 0), new Logits(0, 0, 0, 0), 0))
                        .isConclusive())
                .as("an engine that fails over each picture has failed")
                .isTrue();
        double infinite = Double.POSITIVE_INFINITY;
        assertThat(notMet(figures(20, new Logits(100, infinite, infinite, 100), NEAR, 20)))
                .containsExactly("scored steps, relative error, mean", "scored steps, relative error, worst");
        assertThat(notMet(figures(20, new Logits(100, Double.NaN, 1e-3, 100), NEAR, 20)))
                .containsExactly("scored steps, relative error, mean");
    }

    @Test
    void coarserPrecisionsHaveWiderBoundsForLogits() {
        List<EnginePrecision> coarser =
                List.of(EnginePrecision.FP32, EnginePrecision.BF16, EnginePrecision.FP8, EnginePrecision.INT4);
        List<Bounds> bounds = coarser.stream().map(Bounds::of).toList();
        assertThat(bounds).extracting(it -> it.scored().meanError()).isSorted().doesNotHaveDuplicates();
        assertThat(bounds).extracting(it -> -it.answered().sameTop()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aVerificationIsReadAsItWasKept() {
        var kept = verification("0123456789abcdef0123456789abcdef", GOOD);
        Path file = cache.keep(kept);
        assertThat(file).hasFileName("0123456789abcdef01234567.verification.json");
        assertThat(file).content().contains("\"passed\" : true");
        assertThat(cache.verification(kept.engine())).contains(kept);
        assertThat(cache.verification("another")).isEmpty();
        double infinite = Double.POSITIVE_INFINITY;
        var broken = verification("broken", figures(20, new Logits(1, infinite, infinite, 0), NEAR, 20));
        cache.keep(broken);
        assertThat(cache.verification("broken")).contains(broken);
    }

    @Test
    void onlyAnEngineThatPassedBecomesActive() throws IOException {
        EngineFolder engine = engine(100);
        assertThatThrownBy(() -> cache.activate(engine))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("has not passed its verification");
        cache.keep(verification(engine.hash(), figures(20, NEAR, NEAR, 3)));
        assertThatThrownBy(() -> cache.activate(engine)).hasMessageContaining("has not passed its verification");
        assertThat(cache.active(engine.manifest().checkpoint().name(), "primitive"))
                .isEmpty();
        cache.keep(verification(engine.hash(), GOOD));
        assertThat(cache.activate(engine)).isEqualTo(active(engine));
        assertThat(active(engine).engine()).isEqualTo("engine-100");
        assertThat(active(engine).previous()).isNull();
        assertThat(active(engine).sha256())
                .isEqualTo(engine.manifest().checkpoint().sha256());
    }

    @Test
    void theOneBeforeStaysKnownAndComesBack() throws IOException {
        EngineFolder first = passed(100);
        EngineFolder second = passed(101);
        EngineFolder third = engine(102);
        cache.activate(first);
        cache.activate(second);
        cache.activate(second);
        assertThat(active(second).engine()).isEqualTo("engine-101");
        assertThat(active(second).previous()).as("twice the same is no change").isEqualTo("engine-100");
        assertThat(cache.withdraw(third).orElseThrow().engine())
                .as("the active one stays when another fails")
                .isEqualTo("engine-101");
        assertThat(cache.withdraw(second).orElseThrow().engine())
                .as("the one before is active again when the active one fails")
                .isEqualTo("engine-100");
        assertThat(active(first).previous()).isNull();
        assertThat(cache.withdraw(first)).isEmpty();
        assertThat(cache.active(first.manifest().checkpoint().name(), "primitive"))
                .isEmpty();
    }

    @Test
    void anEngineThatIsGoneOrFailedMeanwhileDoesNotComeBack() throws IOException {
        EngineFolder first = passed(100);
        EngineFolder second = passed(101);
        cache.activate(first);
        cache.activate(second);
        cache.keep(verification(first.hash(), figures(20, NEAR, NEAR, 3)));
        assertThat(cache.withdraw(second)).isEmpty();

        cache.keep(verification(first.hash(), GOOD));
        cache.activate(first);
        cache.activate(second);
        Durable.delete(first.path());
        assertThat(cache.withdraw(second)).isEmpty();
    }

    @Test
    void damageIsToldByTheFilesName() throws IOException {
        EngineFolder engine = passed(100);
        cache.activate(engine);
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(it -> it.toString().endsWith(".json")).toList()) {
                Files.writeString(file, "{\"format\": 1");
            }
        }
        assertThatThrownBy(() -> cache.active(engine.manifest().checkpoint().name(), "primitive"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageMatching(".*active-[0-9a-f]{24}\\.json is damaged .*delete it.*");
        assertThatThrownBy(() -> cache.verification(engine.hash()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(".verification.json is damaged");
        assertThatThrownBy(() -> cache.entry(engine.path())).isInstanceOf(CheckpointException.class);
    }

    @Test
    void aVerificationOfAnotherVersionOrEngineIsRefused() throws IOException {
        Path file = cache.keep(verification("0123456789abcdef0123456789abcdef", GOOD));
        assertThatThrownBy(() -> cache.verification("0123456789abcdef01234567ffffffff"))
                .hasMessageContaining("it is another engine's");
        Files.writeString(file, Files.readString(file).replace("\"format\" : 1", "\"format\" : 2"));
        assertThatThrownBy(() -> cache.verification("0123456789abcdef0123456789abcdef"))
                .hasMessageContaining("format 2, want 1");
    }

    @Test
    void anEngineThatLiesElsewhereIsRefused() throws IOException {
        EngineFolder engine = passed(100);
        assertThatThrownBy(() -> new EngineCache(folder.resolve("other")).activate(engine))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("does not lie in");
    }

    @Test
    void theEnginesAreListedWithWhatIsKnownOfThem() throws IOException {
        EngineFolder engine = passed(100);
        cache.activate(engine);
        List<EngineCache.Entry> entries =
                cache.engines().stream().map(cache::entry).toList();
        assertThat(entries).hasSize(2); // and the one that it was copied from
        EngineCache.Entry listed = entries.stream()
                .filter(it -> it.name().equals("engine-100"))
                .findFirst()
                .orElseThrow();
        assertThat(listed.isActive()).isTrue();
        assertThat(listed.verification()).isPresent();
        assertThat(listed.bytes()).isGreaterThan(10_000);
        assertThat(entries).filteredOn(EngineCache.Entry::isActive).hasSize(1);
        assertThat(new EngineCache(folder.resolve("none")).engines()).isEmpty();
    }

    @Test
    void theActiveEngineIsFoundByTheWeightsThemselves() throws IOException {
        Path checkpoint = Goldens.folder("tiny-bf16");
        assertThat(cache.active(checkpoint, TargetProfile.PRIMITIVE)).isEmpty();
        EngineFolder engine = passed(1);
        cache.activate(engine);
        assertThat(cache.active(checkpoint, TargetProfile.PRIMITIVE)
                        .orElseThrow()
                        .hash())
                .isEqualTo(engine.hash());
        assertThat(cache.active(checkpoint, TargetProfile.TENSORRT)).isEmpty();
        Path other = folder.resolve("other/" + checkpoint.getFileName());
        Files.createDirectories(other);
        try (var files = Files.list(checkpoint)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                if (file.toString().endsWith(".safetensors")) {
                    bytes[bytes.length - 1] ^= 1;
                }
                Files.write(other.resolve(file.getFileName().toString()), bytes);
            }
        }
        assertThat(cache.active(other, TargetProfile.PRIMITIVE))
                .as("the same name, other weights")
                .isEmpty();
    }

    @Test
    void anAdaptersEngineIsFoundByCheckpointAndAdapter() throws IOException {
        Path checkpoint = Goldens.folder("tiny-bf16");
        Optional<Path> adapter = Optional.of(Goldens.folder("adapters/regex-bf16"));
        TargetProfile profile = TargetProfile.CPU;
        assertThat(cache.active(checkpoint, adapter, profile))
                .as("never merged")
                .isEmpty();
        EngineFolder plain = EngineBuilder.build(checkpoint, folder, SILENT);
        EngineFolder merged = EngineBuilder.build(checkpoint, adapter, folder, profile, SILENT);
        cache.keep(verification(merged.hash(), GOOD));
        cache.activate(merged);
        assertThat(cache.active(checkpoint, adapter, profile).orElseThrow().hash())
                .isEqualTo(merged.hash());
        assertThat(cache.active(checkpoint, profile))
                .as("the checkpoint as it is")
                .isEmpty();

        cache.keep(verification(plain.hash(), GOOD));
        cache.activate(plain);
        assertThat(cache.active(checkpoint, profile).orElseThrow().hash()).isEqualTo(plain.hash());
        assertThat(cache.active(checkpoint, adapter, profile).orElseThrow().hash())
                .as("each has its own")
                .isEqualTo(merged.hash());

        Path other = Files.createDirectories(folder.resolve("other/regex-bf16"));
        for (String name : List.of(Adapter.CONFIG, Adapter.WEIGHTS)) {
            byte[] bytes = Files.readAllBytes(adapter.get().resolve(name));
            if (name.equals(Adapter.WEIGHTS)) {
                bytes[bytes.length - 2] ^= 1;
            }
            Files.write(other.resolve(name), bytes);
        }
        assertThat(cache.active(checkpoint, Optional.of(other), profile))
                .as("the same name, other numbers")
                .isEmpty();
    }
}

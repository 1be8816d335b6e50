package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.EngineState;
import goshawk.appliance.domain.EngineState.Condition;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.domain.Verdict;
import goshawk.appliance.engine.process.EngineProcess;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.Topics;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FrameSource;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedFrameSource;
import goshawk.trtbuild.EngineFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The nano checkpoint in a process of its own, on drawn parts, with ONNX Runtime as it is: nothing is made up but the camera. */
class EngineProcessLineTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int PARTS = 6;

    @TempDir
    Path dir;

    private Recipe recipe;
    private volatile boolean isOver;

    @BeforeEach
    void home() {
        System.setProperty("goshawk.home", ROOT.toString());
        recipe = RecipeFile.read(ROOT.resolve("recipes/bracket.yaml"));
    }

    private ModelOptions options(String... more) {
        List<String> words =
                new ArrayList<>(List.of("--engines", dir.resolve("engines").toString(), "--threads", "1"));
        words.addAll(List.of(more));
        return CommandLine.populateCommand(new ModelOptions(), words.toArray(String[]::new));
    }

    private static List<Inspection.Completed> judged(Inspector inspector, int from, int to) {
        List<Inspection.Completed> judged = new ArrayList<>();
        for (int i = from; i < to; i++) {
            var part = BracketRenderer.render(20261126, i, RenderOptions.USUAL);
            try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
                judged.add(inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0)));
            }
        }
        return judged;
    }

    private static void kill(EngineState state) {
        assertThat(ProcessHandle.of(state.pid()).orElseThrow().destroyForcibly())
                .isTrue();
    }

    @Test
    void verdictsAreTheSameBitForBitAlsoAfterTheProcessWasLost() {
        EngineFolder folder = options().engine();
        List<Inspection.Completed> here;
        var opened = options().open(folder, recipe);
        try (var inspector = opened.inspector()) {
            here = judged(inspector, 0, PARTS);
        }
        assertThat(here)
                .as("the parts must exercise explanations")
                .anyMatch(it -> !it.findings().isEmpty());
        opened = options("--engine-process").open(folder, recipe);
        List<Inspection.Completed> there;
        try (var inspector = opened.inspector()) {
            EngineProcess process = opened.process().orElseThrow();
            there = judged(inspector, 0, PARTS / 2);
            kill(process.state());
            await().atMost(PATIENCE)
                    .until(process::state, state -> state.condition() == Condition.READY && state.restarts() == 1);
            there.addAll(judged(inspector, PARTS / 2, PARTS));
        }
        for (int i = 0; i < PARTS; i++) {
            assertThat(there.get(i).scores())
                    .as("part %d", i)
                    .isEqualTo(here.get(i).scores());
            assertThat(there.get(i).findings())
                    .as("part %d", i)
                    .isEqualTo(here.get(i).findings());
            assertThat(there.get(i).readings())
                    .as("part %d", i)
                    .isEqualTo(here.get(i).readings());
        }
    }

    @Test
    void aLineWhoseEngineIsKilledRecordsEveryTriggerAndRecovers() throws Exception {
        // A takt that a busy machine keeps: what is late is not what is tested here.
        Path patient = Files.writeString(
                dir.resolve("bracket.yaml"),
                Files.readString(ROOT.resolve("recipes/bracket.yaml")).replaceFirst("takt: .*", "takt: 60 s"));
        Recipe slow = RecipeFile.read(patient);
        ModelOptions model = options("--engine-process");
        var gate = new SimulatedPartGate();
        LineCounters.Snapshot counted;
        List<RecordedInspection> records;
        try (var appliance = Appliance.start(setup(slow, gate), model.engine(), model)) {
            await().atMost(PATIENCE).until(() -> completed(appliance, 0) >= 2);
            kill(appliance.state().engine().orElseThrow());
            await().atMost(PATIENCE).until(() -> lost(appliance) >= 1);
            long last = appliance.history().newest().orElseThrow();
            await().atMost(PATIENCE).until(() -> completed(appliance, last) >= 2);
            assertThat(appliance.state().engine().orElseThrow().restarts()).isEqualTo(1);
            assertThat(appliance.state().engine().orElseThrow().condition()).isEqualTo(Condition.READY);
            isOver = true;
            assertThat(appliance.awaitEnd(PATIENCE)).isTrue();
            counted = appliance.state().counters();
            records = appliance.history().after(0, 10_000);
        }
        assertThat(records).hasSize((int) counted.triggers()).hasSize((int) counted.records());
        assertThat(counted.alarms()).isZero();
        assertThat(records.stream().map(it -> it.record().trigger().id()))
                .as("each trigger once, in their order")
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(gate.released())
                .as("nothing was released but by a Pass")
                .isEqualTo(records.stream()
                        .filter(it -> it.record().verdict() instanceof Verdict.Pass)
                        .count());
        assertThat(records)
                .filteredOn(it ->
                        it.record().verdict() instanceof Verdict.NotInspected missed && missed.cause() == Cause.ENGINE)
                .isNotEmpty()
                .allSatisfy(it -> assertThat(((Verdict.NotInspected) it.record().verdict()).detail())
                        .contains("engine process", "signal 9"));
    }

    private static long completed(Appliance appliance, long after) {
        return appliance.history().after(after, 10_000).stream()
                .filter(it -> it.record().inspection() instanceof Inspection.Completed)
                .count();
    }

    private static long lost(Appliance appliance) {
        return appliance.history().after(0, 10_000).stream()
                .filter(it ->
                        it.record().inspection() instanceof Inspection.Failed failed && failed.cause() == Cause.ENGINE)
                .count();
    }

    private Setup setup(Recipe asked, SimulatedPartGate gate) {
        return new Setup(
                asked,
                pools -> new UntilOver(new SimulatedFrameSource(
                        7,
                        Long.MAX_VALUE,
                        RenderOptions.USUAL,
                        Duration.ofMillis(300),
                        pools.open(640, 480),
                        (_, _) -> {})),
                3,
                gate,
                true,
                false,
                "",
                Shifts.usual(ZoneOffset.UTC),
                dir.resolve("data"),
                BrokerAddress.local(1), // nobody is there: publishing is no stage of the line
                new Topics("a/b"),
                Optional.empty(),
                "127.0.0.1",
                0,
                Network.NONE);
    }

    /** The camera until the test has seen enough. */
    private final class UntilOver implements FrameSource {

        private final FrameSource camera;

        UntilOver(FrameSource camera) {
            this.camera = camera;
        }

        @Override
        public Optional<Capture> next() throws InterruptedException {
            return isOver ? Optional.empty() : camera.next();
        }

        @Override
        public void close() {
            camera.close();
        }
    }
}

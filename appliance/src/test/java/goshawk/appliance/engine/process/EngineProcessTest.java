package goshawk.appliance.engine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import goshawk.appliance.domain.EngineState;
import goshawk.appliance.domain.EngineState.Condition;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.engine.FaultyModel;
import goshawk.appliance.engine.NativeEngine;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.Patches;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process with a native layer that fails as native layers do, and what its parent makes of it. */
class EngineProcessTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Path TINY =
            Path.of(System.getProperty("goshawk.root", "..")).resolve("trt-build/src/test/resources/goldens/tiny-f32");

    @TempDir
    Path dir;

    private EngineFolder folder;
    private Path plan;

    @BeforeEach
    void build() throws IOException {
        folder = EngineBuilder.build(TINY, dir.resolve("engines"), (_, _, _) -> {});
        plan = Files.writeString(dir.resolve("plan"), "");
    }

    private EngineProgram program(Duration answerWithin, int slowMs) {
        return new EngineProgram(
                FaultyHost.class.getName(),
                List.of(folder.path().toString(), plan.toString(), Integer.toString(slowMs)),
                dir.resolve("log/engine.log"),
                PATIENCE,
                answerWithin);
    }

    private EngineProcess start() {
        return EngineProcess.start(program(PATIENCE, 0), _ -> {});
    }

    private Patches picture(int rows, int columns) {
        float[] pixels = new float[rows * columns * folder.config().vision().patchSize()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i % 977 / 977f;
        }
        return new Patches(pixels, 1, rows, columns);
    }

    private static void awaitReady(EngineProcess engine, long restarts) {
        await().atMost(PATIENCE)
                .until(engine::state, state -> state.condition() == Condition.READY && state.restarts() == restarts);
    }

    /** What an engine says about a picture, some words, and two questions. */
    private List<float[]> said(Engine engine) {
        try (Engine.PictureFeatures seen = engine.see(picture(4, 6));
                Engine.Context nothing = engine.start()) {
            int image = folder.config().tokens().image();
            int[] tokens = {1, image, image, image, image, image, image, 2};
            try (Engine.Context shown = engine.show(nothing, tokens, List.of(seen))) {
                assertThat(shown.length()).isEqualTo(tokens.length);
                Engine.Step read = engine.read(shown, new int[] {7, 8}, List.of());
                try (Engine.Context past = read.context()) {
                    List<int[]> questions = List.of(new int[] {3, 4}, new int[] {3, 5, 6});
                    List<float[]> all = new ArrayList<>(engine.ask(past, questions));
                    all.addAll(engine.ask(past, questions, new int[] {4, 0}));
                    for (int i = 0; i < 2; i++) {
                        assertThat(all.get(2 + i)).containsExactly(all.get(i)[4], all.get(i)[0]);
                    }
                    all.add(read.logits());
                    return all;
                }
            }
        }
    }

    @Test
    void theSameIsSaidAsWithoutAProcess() {
        try (EngineProcess process = start();
                Engine here = NativeEngine.open(
                        folder,
                        process.identity(),
                        MemoryNeed.Target.GPU_BF16,
                        _ -> new FaultyModel(_ -> FaultyModel.Fault.NONE, 0),
                        OptionalInt.empty())) {
            assertThat(process.identity()).isEqualTo(new EngineIdentity("faulty", folder.hash(), "none", "none"));
            assertThat(said(process)).usingRecursiveComparison().isEqualTo(said(here));
            try (Engine.PictureFeatures large = process.see(picture(32, 64))) {
                assertThat(large.tokens()).as("shared memory grows").isEqualTo(512);
            }
            assertThat(said(process)).usingRecursiveComparison().isEqualTo(said(here));
            EngineState state = process.state();
            assertThat(state.condition()).isEqualTo(Condition.READY);
            assertThat(state.restarts()).isZero();
            assertThat(state.memoryBytes()).isBetween(10L << 20, 2L << 30);
            assertThat(sharedFolders())
                    .as("nothing is left on the disk while it runs")
                    .isEmpty();
        }
    }

    private static List<Path> sharedFolders() {
        try (var all = Files.list(Path.of("/dev/shm"))) {
            long now = System.currentTimeMillis();
            return all.filter(it -> it.getFileName().toString().startsWith("goshawk-engine-"))
                    .filter(it -> now - it.toFile().lastModified() > 60_000) // others' may be starting
                    .toList();
        } catch (IOException e) {
            return List.of(); // not Linux
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            see     | FAILS    | enqueueV3 see: returned false                             | ended after a failure: enqueueV3 see: returned false
            prefill | HALTS    | show: the engine process ended by itself with exit code 9 | ended by itself with exit code 9
            logits  | FAILS    | enqueueV3 logits: returned false                          | ended after a failure: enqueueV3 logits: returned false
            suffix  | SEGFAULT | ask: the engine process crashed (SIGSEGV, see engine-crash- | crashed (SIGSEGV
            see     | HANGS    | see: the engine process gave no answer for 3 s and was killed | gave no answer to see and was killed
            see     | SLOW     | see: the engine process gave no answer for 3 s and was killed | gave no answer to see and was killed
            suffix  | BUG      | a bug in suffix                                           | ended after a failure
            """)
    void aFaultEndsTheProcessAndTheNextOneSaysTheSame(String call, String fault, String told, String loss)
            throws IOException {
        // A busy machine may be late with any call; only those that are to be late have a short limit.
        Duration limit = fault.equals("HANGS") || fault.equals("SLOW") ? Duration.ofSeconds(3) : PATIENCE;
        List<List<float[]>> warm = new CopyOnWriteArrayList<>();
        try (EngineProcess engine = EngineProcess.start(program(limit, 20_000), process -> warm.add(said(process)))) {
            Engine.Context kept = engine.start();
            assertThat(kept.isGone()).isFalse();
            Files.writeString(plan, call + " " + fault);

            EngineException failure = catchThrowableOfType(EngineException.class, () -> said(engine));

            assertThat(failure).hasMessageContaining(told);
            assertThat(failure.getClass())
                    .isEqualTo(
                            switch (fault) {
                                case "FAILS" -> EngineException.CallFailed.class;
                                case "HALTS", "SEGFAULT" -> EngineException.Ended.class;
                                case "HANGS", "SLOW" -> EngineException.Hung.class;
                                default -> EngineException.class;
                            });
            awaitReady(engine, 1);
            assertThat(engine.state().detail()).startsWith(loss);
            assertThat(warm).as("each process is warm before it is ready").hasSize(2);
            assertThat(warm.getLast()).usingRecursiveComparison().isEqualTo(warm.getFirst());
            assertThat(kept.isGone()).isTrue();
            assertThatThrownBy(() -> engine.read(kept, new int[] {1}, List.of()))
                    .isInstanceOf(EngineException.Gone.class);
            kept.close();
            engine.start().close();
        }
    }

    @Test
    void aProcessThatIsKilledBetweenPartsIsMissedAtOnceAndStartedAgain() {
        try (EngineProcess engine = start()) {
            long pid = engine.state().pid();
            ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
            // What a terminal or a service manager sends to all is not for it: its parent has a part in hand.
            signal("INT", pid);
            signal("TERM", pid);
            signal("HUP", pid);
            assertThat(said(engine)).isNotEmpty();
            process.destroyForcibly();
            await().atMost(PATIENCE).until(() -> engine.state().condition() == Condition.RESTARTING);
            assertThatThrownBy(() -> said(engine))
                    .isInstanceOf(EngineException.NotReady.class)
                    .hasMessageContaining("signal 9");
            awaitReady(engine, 1);
            assertThat(engine.state().pid()).isNotEqualTo(pid);
            assertThat(said(engine)).isNotEmpty();
        }
    }

    /** Whoever begins a conversation is not told at once that the process has just ended, but by what he says next. */
    @Test
    void aConversationThatAnEndedProcessDoesNotHearOfIsGone() {
        try (EngineProcess engine = start()) {
            long pid = engine.state().pid();
            signal("STOP", pid); // it reads nothing any more
            Engine.Context nothing = engine.start();
            assertThat(nothing.length()).isZero();
            assertThat(nothing.bytes()).isZero();
            assertThat(nothing.isGone()).isFalse();
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            assertThatThrownBy(() -> engine.show(nothing, new int[] {1}, List.of()))
                    .isInstanceOf(EngineException.ProcessFailed.class);
            awaitReady(engine, 1);
            assertThatThrownBy(() -> engine.show(nothing, new int[] {1}, List.of()))
                    .isInstanceOf(EngineException.Gone.class);
            nothing.close();
            assertThat(said(engine)).isNotEmpty();
        }
    }

    private static void signal(String name, long pid) {
        try {
            assertThat(new ProcessBuilder("/bin/sh", "-c", "kill -%s %d".formatted(name, pid))
                            .inheritIO()
                            .start()
                            .waitFor())
                    .isZero();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aProcessThatFailsItsWarmUpIsNotReadyAndTriedAgainLater() throws IOException {
        var broken = new AtomicInteger();
        try (EngineProcess engine = EngineProcess.start(program(PATIENCE, 0), process -> {
            if (broken.getAndIncrement() == 1) {
                throw new EngineException("the first look failed");
            }
            said(process);
        })) {
            Files.writeString(plan, "see HALTS");
            assertThatThrownBy(() -> said(engine)).isInstanceOf(EngineException.Ended.class);
            await().atMost(PATIENCE)
                    .until(engine::state, state -> state.detail().equals("the first look failed"));
            awaitReady(engine, 2);
            assertThat(said(engine)).isNotEmpty();
        }
    }

    @Test
    void anInterruptedCallIsFinishedAndTheInterruptKept() throws Exception {
        try (EngineProcess engine = start()) {
            Thread owner = Thread.currentThread();
            owner.interrupt();
            List<float[]> before = said(engine);
            assertThat(said(engine)).usingRecursiveComparison().isEqualTo(before);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void itIsItsOwnersThreadsAlone() {
        try (EngineProcess engine = start()) {
            assertThatThrownBy(() -> CompletableFuture.runAsync(engine::start).join())
                    .hasCauseInstanceOf(IllegalStateException.class);
            EngineState state = CompletableFuture.supplyAsync(engine::state).join();
            assertThat(state.condition()).isEqualTo(Condition.READY);
        }
    }

    @Test
    void aRefusalCostsNothing() {
        try (EngineProcess engine = start();
                Engine.Context nothing = engine.start()) {
            assertThatThrownBy(() -> engine.read(nothing, new int[] {-1}, List.of()))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("read: token -1");
            int known = folder.config().text().maxPositions();
            assertThatThrownBy(() -> engine.read(nothing, new int[known + 1], List.of()))
                    .isInstanceOf(EngineException.ContextFull.class);
            assertThatThrownBy(() -> engine.show(nothing, new int[0], List.of()))
                    .isInstanceOf(EngineException.class)
                    .hasMessage("read: no token was given");
            assertThatThrownBy(() -> engine.ask(nothing, List.of(new int[] {1}), new int[] {FaultyModel.LOGITS}))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("ask: token 5, the vocabulary has 5");
            assertThat(engine.ask(nothing, List.of(new int[] {1}), new int[0]))
                    .as("nothing was asked")
                    .containsExactly(new float[0]);
            assertThat(said(engine)).isNotEmpty();
            assertThat(engine.state().restarts()).isZero();
        }
    }

    @Test
    void anEngineThatCannotBeOpenedStartsNothing() throws IOException {
        Files.delete(folder.path().resolve("vision.onnx"));
        assertThatThrownBy(this::start).isInstanceOf(EngineException.class).hasMessageContaining("has no vision.onnx");
        assertThat(children()).isEmpty();
    }

    @Test
    void aGuestOfALostProcessIsToldAndMayAskAgain() {
        try (EngineProcess engine = start();
                var share = new EngineShare(engine)) {
            var isDone = new AtomicBoolean();
            var guest = CompletableFuture.supplyAsync(() -> askAsGuest(share.guest(), engine))
                    .whenComplete((_, _) -> {
                        isDone.set(true);
                        share.ring();
                    });
            try {
                share.serveUntil(isDone::get);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            assertThat(guest.join()).usingRecursiveComparison().isEqualTo(said(engine));
        }
    }

    private List<float[]> askAsGuest(Engine guest, EngineProcess engine) {
        Engine.Context kept = guest.start();
        ProcessHandle.of(engine.state().pid()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(kept::isGone);
        assertThatThrownBy(() -> guest.read(kept, new int[] {1}, List.of()))
                .isInstanceOf(EngineException.ProcessFailed.class);
        kept.close();
        awaitReady(engine, 1);
        return said(guest);
    }

    @Test
    void itIsClosedWhileTheNextProcessIsStarted() {
        var starts = new AtomicInteger();
        EngineProcess engine = EngineProcess.start(program(PATIENCE, 0), process -> {
            if (starts.getAndIncrement() > 0) {
                hang(process);
            }
        });
        ProcessHandle.of(engine.state().pid()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(() -> starts.get() == 2);
        engine.close();
        assertThat(engine.state().condition()).isEqualTo(Condition.CLOSED);
        assertThat(children()).isEmpty();
    }

    private void hang(Engine process) {
        try {
            Files.writeString(plan, "see HANGS");
            said(process);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<ProcessHandle> children() {
        return ProcessHandle.current()
                .children()
                .filter(it -> it.isAlive() && it.info().commandLine().orElse("").contains(plan.toString()))
                .toList();
    }

    @Test
    void aLeakIsLoudAndTheProcessEndsAllTheSame() {
        EngineProcess engine = start();
        long pid = engine.state().pid();
        Engine.Context leak = engine.start();
        assertThatThrownBy(engine::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1 contexts");
        leak.close();
        assertThat(engine.state().condition()).isEqualTo(Condition.CLOSED);
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
        assertThatThrownBy(engine::start).isInstanceOf(EngineException.NotReady.class);
    }

    @Test
    void whatItPrintsIsInItsLogAndNoAnswer() throws IOException {
        try (EngineProcess engine = start()) {
            Files.writeString(plan, "see BUG");
            assertThatThrownBy(() -> said(engine)).isInstanceOf(EngineException.class);
            awaitReady(engine, 1);
        }
        assertThat(dir.resolve("log/engine.log")).content().contains("IllegalStateException: a bug in see");
    }

    private EngineProcess babbling(String how) {
        return EngineProcess.start(
                new EngineProgram(
                        BabblingHost.class.getName(), List.of(how), dir.resolve("log/engine.log"), PATIENCE, PATIENCE),
                _ -> {});
    }

    @Test
    void anAnswerThatComesAgainIsDropped() {
        try (EngineProcess engine = babbling("late");
                Engine.Context nothing = engine.start()) {
            float last = 0;
            for (int i = 0; i < 50; i++) {
                Engine.Step step = engine.read(nothing, new int[] {1}, List.of());
                assertThat(step.logits()).hasSize(1);
                assertThat(step.logits()[0])
                        .as("the answer to this call and to none before it")
                        .isGreaterThan(last);
                last = step.logits()[0];
                step.context().close();
            }
            assertThat(engine.state().restarts()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            other   | gave a wrong answer to read
            foreign | the shared memory holds the numbers of call
            garbage | broke the protocol
            """)
    void aProcessThatBreaksTheProtocolIsEnded(String how, String told) {
        try (EngineProcess engine = babbling(how)) {
            assertThatThrownBy(() -> {
                        try (Engine.Context nothing = engine.start()) {
                            engine.read(nothing, new int[] {1}, List.of());
                        }
                    })
                    .isInstanceOf(EngineException.Ended.class)
                    .hasMessageContaining(told);
            awaitReady(engine, 1);
        }
    }

    @Test
    void aProgramOfAnotherVersionIsRefused() {
        assertThatThrownBy(() -> babbling("newer"))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("speaks version 3 and we speak 2: the program on the disk was changed");
    }

    @ParameterizedTest
    @CsvSource({"idle", "hanging"})
    void itDiesWithItsParent(String how) throws Exception {
        var parent = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Parent.class.getName(),
                        folder.path().toString(),
                        plan.toString(),
                        dir.resolve("log/engine.log").toString(),
                        how)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out = parent.inputReader()) {
            ProcessHandle child =
                    ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
            assertThat(child.isAlive()).isTrue();
            parent.toHandle().destroyForcibly();
            await().atMost(PATIENCE).until(() -> !child.isAlive());
        } finally {
            parent.toHandle().destroyForcibly();
        }
    }

    /** Starts a process, says its pid, and asks it something that it does not answer. */
    static final class Parent {
        public static void main(String[] arguments) throws IOException {
            Path plan = Path.of(arguments[1]);
            var engine = EngineProcess.start(
                    new EngineProgram(
                            FaultyHost.class.getName(),
                            List.of(arguments[0], arguments[1], "0"),
                            Path.of(arguments[2]),
                            PATIENCE,
                            PATIENCE),
                    _ -> {});
            Files.writeString(plan, arguments[3].equals("hanging") ? "prefill HANGS" : "");
            System.out.println(engine.state().pid());
            System.out.flush();
            if (arguments[3].equals("hanging")) {
                engine.read(engine.start(), new int[] {1, 2}, List.of());
            }
            await().forever().until(() -> false);
        }
    }
}

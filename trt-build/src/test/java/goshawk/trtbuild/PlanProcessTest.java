package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real process of {@link PlanHost}, with another program in the place of TensorRT. */
class PlanProcessTest {

    @TempDir
    Path folder;

    private MemoryWatch watch = MemoryWatch.start("test");

    @BeforeEach
    void open() {
        watch = MemoryWatch.start("test");
    }

    @AfterEach
    void close() {
        watch.close();
    }

    private PlanProcess process() {
        return new PlanProcess(FakePlanHost.class.getName(), folder.resolve("build.log"));
    }

    /** @param task what {@link FakePlanHost} is to do */
    private PlanWork work(String task) {
        return new PlanWork(
                PlanWork.Kind.VISION,
                folder.resolve("graphs"),
                GpuProfile.USUAL,
                folder.resolve("timings of this machine.bin"),
                folder.resolve(task));
    }

    @Test
    void itTellsHowFarItIsAndWhatCameOfIt() throws IOException {
        List<String> steps = new ArrayList<>();
        String said = process()
                .done(work("made"), watch, (phase, done, total) -> steps.add(phase + " " + done + "/" + total));
        assertThat(said).isEqualTo("cafe");
        assertThat(steps).containsExactly("choosing kernels 0/3", "choosing kernels 1/3", "writing 1/1");
        assertThat(folder.resolve("build.log")).content().contains("what libraries print");
        assertThat(watch.phases().getFirst().allBytes())
                .as("two Java runtimes")
                .isGreaterThan(ProcessMemory.resident());
    }

    @Test
    void whatTensorRtSaysComesBackInOneLineWithTheLogsName() {
        assertThatThrownBy(() -> process().done(work("refused"), watch, (_, _, _) -> {}))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("the vision plan cannot be made: buildSerializedNetwork: no kernel fits; %s says more"
                        .formatted(folder.resolve("build.log")));
    }

    @Test
    void howItEndedIsSaidWhenItCannotSayItself() {
        assertThatThrownBy(() -> process().done(work("killed"), watch, (_, _, _) -> {}))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "its process was ended by signal 9, somebody's, or the machine had no memory left")
                .hasMessageContaining("of their own");
        assertThatThrownBy(() -> process().done(work("aborted"), watch, (_, _, _) -> {}))
                .hasMessageContaining("its process was ended by signal 6, LLVM ERROR: out of memory (it");
        assertThatThrownBy(() -> process().done(work("ended"), watch, (_, _, _) -> {}))
                .hasMessageContaining("its process ended with code 7");
    }

    @Test
    void whoInterruptsTheBuildEndsTheProcess() throws Exception {
        var failure = new CompletableFuture<Throwable>();
        Thread builder = Thread.ofPlatform().start(() -> {
            try {
                process().done(work("waits"), watch, (_, _, _) -> {});
                failure.complete(new AssertionError("it came back"));
            } catch (IOException | RuntimeException e) {
                failure.complete(e);
            }
        });
        long pid = FakePlanHost.waiting(folder);
        builder.interrupt();
        assertThat(failure.get(1, TimeUnit.MINUTES))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessage("making the vision plan was cancelled");
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    }

    @Test
    void aMachineThatStartsNoProcessSaysSo() {
        Path nowhere = folder.resolve("none/build.log");
        assertThatThrownBy(() -> new PlanProcess(nowhere).done(work("made"), watch, (_, _, _) -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(nowhere.toString());
        assertThat(Files.exists(nowhere)).isFalse();
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process has of its own, and what are pages of files. */
class MemoryWatchTest {

    private static final long MANY = 128L << 20;

    @TempDir
    Path folder;

    @BeforeEach
    void linux() {
        assumeThat(ProcessMemory.here().all()).as("Linux tells").isPositive();
    }

    private static Manifest.PhaseMemory phase(MemoryWatch watch, String name) {
        return watch.phases().stream()
                .filter(it -> it.phase().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void ownMemoryAndPagesOfFilesAreToldApartAndByPhase() throws IOException {
        Path file = folder.resolve("file");
        try (MemoryWatch watch = MemoryWatch.start("before");
                FileChannel channel = FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            watch.phase("own");
            try (Arena arena = Arena.ofConfined()) {
                arena.allocate(MANY).fill((byte) 1);
                watch.phase("after own");
            }
            watch.phase("mapped");
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, MANY, arena);
                mapped.fill((byte) 1);
                mapped.force();
                watch.phase("after mapped");
            }
            watch.phase("after all");
            assertThat(watch.phases())
                    .extracting(Manifest.PhaseMemory::phase)
                    .containsExactly("before", "own", "after own", "mapped", "after mapped", "after all");
            long own = phase(watch, "before").ownBytes();
            assertThat(phase(watch, "own").ownBytes() - own).isBetween(MANY * 3 / 4, MANY * 2);
            assertThat(phase(watch, "mapped").ownBytes() - own).isLessThan(MANY / 2);
            assertThat(phase(watch, "mapped").allBytes()
                            - phase(watch, "mapped").ownBytes())
                    .isGreaterThan(MANY * 3 / 4);
            // It is still there when the next phase begins, and the Java runtime may take some pages more meanwhile.
            assertThat(watch.mostOwn())
                    .isBetween(
                            phase(watch, "own").ownBytes(), phase(watch, "own").ownBytes() + MANY / 8);
            assertThat(watch.mostAll()).isGreaterThan(watch.mostOwn());
        }
    }

    @Test
    void anotherProcessCountsToo() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        Large.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (MemoryWatch watch = MemoryWatch.start("alone")) {
            assertThat(other.getInputStream().read()).isEqualTo('.');
            watch.phase("together");
            watch.also(other.pid());
            watch.phase("end");
            watch.alone();
            assertThat(phase(watch, "together").ownBytes()
                            - phase(watch, "alone").ownBytes())
                    .isGreaterThan(MANY / 2);
        } finally {
            other.destroyForcibly().waitFor();
        }
        assertThat(ProcessMemory.of(other.pid())).as("it has ended").isEqualTo(ProcessMemory.NONE);
    }

    static final class Large {
        public static void main(String[] args) throws Exception {
            MemorySegment many = Arena.global().allocate(MANY).fill((byte) 1);
            System.out.print('.');
            System.out.flush();
            Thread.sleep(600_000);
            System.out.println(many.get(ValueLayout.JAVA_BYTE, 0));
        }
    }

    /** The watch goes on when the process that it looks at ends just then. */
    @Test
    void aProcessThatEndsWhileItIsLookedAtHasNothing() {
        Path unreadable = Path.of("/proc/self/mem"); // it opens, and the first page of a process cannot be read
        assumeThat(unreadable).exists();
        assertThat(ProcessMemory.in(unreadable)).isEqualTo(ProcessMemory.NONE);
        assertThat(ProcessMemory.in(Path.of("/proc/0/status"))).isEqualTo(ProcessMemory.NONE);
    }
}

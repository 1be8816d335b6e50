package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryTest {

    private static final long AVAILABLE = 24_212_156L << 10;

    /** What version 1 says when nothing is limited: the largest number of whole pages. */
    private static final String UNLIMITED = "9223372036854771712";

    @TempDir
    Path root;

    @BeforeEach
    void machine() throws IOException {
        write("proc/meminfo", """
                MemTotal:       24683656 kB
                MemFree:        21503480 kB
                MemAvailable:   24212156 kB
                SwapTotal:       8388604 kB
                """);
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void withoutGroupsItIsWhatTheKernelEstimates() {
        assertThat(Memory.availableBytes(root)).isEqualTo(AVAILABLE);
    }

    @Test
    void aContainerSeesItsOwnGroupAsTheOutermost() throws IOException {
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/memory.max", "8589934592\n");

        assertThat(Memory.availableBytes(root)).isEqualTo(8L << 30);
    }

    @Test
    void groupsAroundTheOwnOneLimitItToo() throws IOException {
        write("proc/self/cgroup", "0::/system.slice/goshawk.service/engine\n");
        write("sys/fs/cgroup/system.slice/memory.max", "max\n");
        write("sys/fs/cgroup/system.slice/goshawk.service/memory.max", "2147483648\n");
        write("sys/fs/cgroup/system.slice/goshawk.service/engine/memory.max", "4294967296\n");
        write("sys/fs/cgroup/user.slice/memory.max", "1048576\n");

        assertThat(Memory.availableBytes(root)).isEqualTo(2L << 30);
    }

    @Test
    void aGroupThatAllowsMoreThanThereIsChangesNothing() throws IOException {
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/memory.max", "1099511627776\n");

        assertThat(Memory.availableBytes(root)).isEqualTo(AVAILABLE);
    }

    @Test
    void version1IsReadWhereItsControllerIs() throws IOException {
        write("proc/self/cgroup", "8:pids:/other\n4:cpu,memory:/docker/0896a6\n0::/docker/0896a6\n");
        write("sys/fs/cgroup/memory/docker/0896a6/memory.limit_in_bytes", "3221225472\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED + "\n");

        assertThat(Memory.availableBytes(root)).isEqualTo(3L << 30);
    }

    /** The group's name is the host's, the folder the container's. */
    @Test
    void version1InAContainerWithoutTheHostsFolders() throws IOException {
        write("proc/self/cgroup", "4:memory:/docker/0896a6\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");

        assertThat(Memory.availableBytes(root)).isEqualTo(1L << 30);
    }

    @Test
    void withoutALimitItIsWhatTheKernelEstimates() throws IOException {
        write("proc/self/cgroup", "4:memory:/\n0::/\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED + "\n");
        write("sys/fs/cgroup/memory.max", "max\n");

        assertThat(Memory.availableBytes(root)).isEqualTo(AVAILABLE);
    }

    @Test
    void thisMachineHasSome() {
        assertThat(Memory.availableBytes()).isBetween(1L << 20, 1L << 50);
    }
}

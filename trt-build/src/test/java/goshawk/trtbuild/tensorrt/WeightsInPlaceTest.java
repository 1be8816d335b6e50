package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import goshawk.trtbuild.ProcessMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which weights are found again in their files, and that what is given back is free. */
class WeightsInPlaceTest {

    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private static MemorySegment copy(Arena arena, MemorySegment of) {
        return arena.allocate(of.byteSize()).copyFrom(of);
    }

    @Test
    void aWeightIsFoundByItsBytes() throws Exception {
        byte[] numbers = new byte[6 * MIB];
        new Random(7).nextBytes(numbers);
        Path file = Files.write(folder.resolve("weights"), numbers);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, numbers.length, arena);
            MemorySegment first = mapped.asSlice(2, 2 * MIB);
            MemorySegment second = mapped.asSlice(2 + 2 * MIB, 2 * MIB);
            MemorySegment small = mapped.asSlice(0, 1000);
            var weights = new WeightsInPlace(List.of(first, second, small));

            assertThat(weights.of(copy(arena, second)).orElseThrow().address()).isEqualTo(second.address());
            MemorySegment other = copy(arena, second);
            other.set(ValueLayout.JAVA_BYTE, 2 * MIB - 1, (byte) (1 + other.get(ValueLayout.JAVA_BYTE, 2 * MIB - 1)));
            assertThat(weights.of(other)).as("one number is another").isEmpty();
            assertThat(weights.of(copy(arena, mapped.asSlice(2, MIB))))
                    .as("the beginning of one")
                    .isEmpty();
            assertThat(weights.of(copy(arena, small))).as("too small to care").isEmpty();
            assertThat(weights.of(MemorySegment.NULL)).isEmpty();
        }
    }

    @Test
    void whatAnotherConstantReadsStays() {
        MemorySegment one = MemorySegment.ofAddress(0x1000).reinterpret(0x1000);
        MemorySegment two = MemorySegment.ofAddress(0x2000).reinterpret(0x1000);
        MemorySegment partOfTwo = MemorySegment.ofAddress(0x2ff0).reinterpret(0x10);
        assertThat(WeightsInPlace.unused(List.of(one, two, one), List.of(partOfTwo, MemorySegment.NULL)))
                .containsExactly(one);
        assertThat(WeightsInPlace.unused(List.of(one, two), List.of())).containsExactly(one, two);
    }

    @Test
    void whatIsGivenBackIsTheMachinesAgainAndItsNeighboursStay() {
        assumeThat(ProcessMemory.here().own()).as("Linux tells").isPositive();
        int bytes = 256 * MIB;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(bytes).fill((byte) 5);
            long before = ProcessMemory.here().own();
            MemorySegment weight = block.asSlice(100, bytes - 200);
            long given = Libc.giveBack(weight);
            assertThat(given).isBetween(bytes - 200L - 2 * 65_536, bytes - 200L);
            assertThat(before - ProcessMemory.here().own()).isGreaterThan(given / 2);
            assertThat(block.get(ValueLayout.JAVA_BYTE, bytes / 2)).isZero();
            for (long at : new long[] {0, 99, bytes - 100, bytes - 1}) {
                assertThat(block.get(ValueLayout.JAVA_BYTE, at)).isEqualTo((byte) 5);
            }
            block.set(ValueLayout.JAVA_BYTE, bytes / 2, (byte) 6);
            assertThat(block.get(ValueLayout.JAVA_BYTE, bytes / 2))
                    .as("it can be used again")
                    .isEqualTo((byte) 6);
            assertThat(Libc.giveBack(block.asSlice(1, 100))).as("no whole page").isZero();
        }
    }
}

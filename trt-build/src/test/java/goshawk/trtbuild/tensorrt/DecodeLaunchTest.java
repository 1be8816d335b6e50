package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.WeightForm;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecodeLaunchTest {

    /** Qwen3-VL 8B. */
    private static final DecodeSizes B8 = of(WeightForm.FP8, WeightForm.FP8);

    private static final DecodeSizes INT4_B8 = of(WeightForm.INT4, WeightForm.BF16);

    /** Of a block, on GPUs of compute capability 8.6, 8.9 and 12.0. */
    private static final int LEAST_SHARED_BYTES = 99 << 10;

    private static DecodeSizes of(WeightForm layers, WeightForm head) {
        return new DecodeSizes(36, 4096, 12288, 151_936, new AttentionSizes(32, 8, 128, 1e-6f), layers, head);
    }

    private static List<DecodeLaunch> all(DecodeSizes sizes, int room) {
        return List.of(
                DecodeLaunch.heads(sizes, room),
                DecodeLaunch.attended(sizes, room),
                DecodeLaunch.gated(sizes, room),
                DecodeLaunch.down(sizes, room),
                DecodeLaunch.head(sizes, room));
    }

    @Test
    void eachBlockMultipliesSixteenRows() {
        assertThat(all(B8, 1)).extracting(launch -> launch.grid().x()).containsExactly(384, 256, 1536, 256, 9496);
        assertThat(all(B8, 8)).extracting(launch -> launch.grid().x()).containsExactly(384, 256, 1536, 256, 9496);
        var odd = new DecodeSizes(2, 64, 128, 570, new AttentionSizes(4, 2, 16, 1e-6f), WeightForm.FP8, WeightForm.FP8);
        assertThat(DecodeLaunch.head(odd, 1).grid().x())
                .as("the last block has ten rows")
                .isEqualTo(36);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void aBlocksMemoryIsThereOnEveryGpu(int room) {
        Stream<DecodeLaunch> launches = Stream.of(B8, INT4_B8).flatMap(sizes -> all(sizes, room).stream());
        assertThat(launches).hasSize(10).allSatisfy(launch -> {
            int columns = switch (launch.form()) {
                case FP8 -> 64;
                case INT4 -> 128;
                case BF16 -> 32;
            };
            int stage = 1024 + 2 * columns * (room + (launch.isNormed() ? 1 : 0));
            int sums = 4 * room * 17;
            assertThat(launch.grid().sharedBytes())
                    .isBetween(launch.warps() * Math.max(launch.stages() * stage, sums), LEAST_SHARED_BYTES);
            assertThat(launch.grid().threads()).isEqualTo(32 * launch.warps()).isLessThanOrEqualTo(1024);
            assertThat(launch.grid().threads())
                    .as("one for each number that is written")
                    .isGreaterThanOrEqualTo(16 * room);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void kernelsAreWrittenForTheseLaunches(int room) {
        Matcher kernels = Pattern.compile("KERNELS\\(%d, ([0-9SOME, ]+)\\)".formatted(room))
                .matcher(KernelCompiler.sources());
        assertThat(kernels.find()).isTrue();
        for (DecodeSizes sizes : List.of(B8, INT4_B8)) {
            int some = sizes.layersForm() == WeightForm.INT4 ? 3 : 4;
            assertThat(KernelCompiler.sources()).contains("int SOME = LAYERS::COLUMNS > ROW ? 3 : 4;");
            assertThat(Stream.of(kernels.group(1).split(", "))
                            .map(number -> number.equals("SOME") ? some : Integer.valueOf(number)))
                    .containsExactlyElementsOf(all(sizes, room).stream()
                            .flatMap(launch -> IntStream.of(launch.warps(), launch.stages())
                                    .boxed())
                            .toList());
        }
        assertThat(all(B8, room))
                .allSatisfy(launch -> assertThat(launch.kernel())
                        .endsWith(String.valueOf(room))
                        .satisfies(kernel -> assertThat(KernelCompiler.sources())
                                .contains(" " + kernel.replaceAll("\\d", "##TOKENS") + "(")));
    }

    @Test
    void fourBitsAreReadInWholeBlocksAndInNoHead() {
        AttentionSizes attention = B8.attention();
        assertThatThrownBy(() -> new DecodeSizes(2, 272, 512, 570, attention, WeightForm.INT4, WeightForm.BF16))
                .hasMessageContaining("sizes 272, 512 and 4096 are no INT4");
        assertThatThrownBy(() -> new DecodeSizes(2, 256, 512, 570, attention, WeightForm.FP8, WeightForm.INT4))
                .hasMessageContaining("no kernel for a head in INT4");
    }

    @ParameterizedTest
    @CsvSource({"4100, 12288", "4096, 12296", "0, 16"})
    void sizesThatNoLaneFetchesWholeAreRefused(int hidden, int mlp) {
        AttentionSizes attention = B8.attention();
        assertThatThrownBy(() -> new DecodeSizes(2, hidden, mlp, 570, attention, WeightForm.FP8, WeightForm.FP8))
                .hasMessageContaining("multiples of 16");
    }
}

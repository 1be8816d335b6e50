package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    @Test
    void tensorsLieWhereTheHeaderSays() throws IOException {
        Path file = SafetensorsFile.write(
                folder.resolve("two.safetensors"), """
                {"__metadata__": {"format": "pt"},
                 "a": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]},
                 "b": {"dtype": "BF16", "shape": [], "data_offsets": [0, 2]}}""", new byte[] {9, 9, 0, 0, (byte) 0x80, 0x3F});
        try (Safetensors opened = Safetensors.open(file)) {
            assertThat(opened.tensors()).containsOnlyKeys("a", "b");
            Tensor a = Objects.requireNonNull(opened.tensors().get("a"));
            assertThat(a.shape()).isEqualTo(List.of(1L));
            // The tensor starts at an odd place: no alignment is promised by the format.
            assertThat(opened.bytes(a).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(1f);
            assertThat(opened.tensors().get("b")).extracting(Tensor::elements).isEqualTo(1L);
        }
    }

    @Test
    void aTruncatedFileIsNamedWithBothSizes() throws IOException {
        Path file = SafetensorsFile.write(folder.resolve("cut.safetensors"), """
                {"a": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}}""", new byte[3_000]);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("cut.safetensors is truncated: 3,075 of 4,075 bytes; download it again");
    }

    @Test
    void aFileCutInsideItsHeaderIsTruncatedToo() throws IOException {
        Path whole = SafetensorsFile.write(folder.resolve("whole.safetensors"), """
                {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}""", new byte[4]);
        byte[] bytes = Files.readAllBytes(whole);
        for (int length : new int[] {0, 7, 20}) {
            Path cut = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> Safetensors.open(cut)).hasMessageContaining("cut.safetensors is truncated");
        }
    }

    @Test
    void anotherKindOfFileIsToldApart() throws IOException {
        Path file = Files.writeString(folder.resolve("model.safetensors"), "<html>404 not found</html>");
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("is no safetensors file");
    }

    @Test
    void aHeaderThatIsNotJsonIsNamed() throws IOException {
        Path file = SafetensorsFile.write(folder.resolve("bad.safetensors"), "{\"a\": nonsense}", new byte[0]);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("bad.safetensors: the header is not JSON");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    F32 | [2]              | [0, 4]     | F32 [2] in 4 bytes
                    F32 | [-1]             | [0, 4]     | F32 [-1] in 4 bytes
                    F32 | [4294967296, 4294967296] | [0, 0] | in 0 bytes
                    F32 | [1]              | [4, 0]     | data_offsets [4, 0]
                    F32 | [1]              | [0]        | data_offsets [0]
                    F32 | ["x"]            | [0, 4]     | F32 [-1] in 4 bytes
                    """)
    void aHeaderThatContradictsItselfIsRefused(String dtype, String shape, String offsets, String found)
            throws IOException {
        Path file = SafetensorsFile.write(
                folder.resolve("odd.safetensors"),
                "{\"a\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": %s}}".formatted(dtype, shape, offsets),
                new byte[8]);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("contradicts itself at tensor a")
                .hasMessageContaining(found);
    }

    @Test
    void anUnknownTypeIsNamed() throws IOException {
        Path file = SafetensorsFile.write(folder.resolve("new.safetensors"), """
                {"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}""", new byte[1]);
        assertThatThrownBy(() -> Safetensors.open(file)).hasMessageContaining("tensor a has the unknown type 'F4'");
    }
}

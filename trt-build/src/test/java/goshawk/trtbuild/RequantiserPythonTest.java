package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same bits as {@code torch.float8_e4m3fn}; run by {@code ./goshawk test --python}. */
@Tag("python")
class RequantiserPythonTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void torchStoresTheSame(String name) throws IOException, InterruptedException {
        var errors = new TreeMap<String, WeightError>();
        Path file = dir.resolve("stored.safetensors");
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder(name))) {
            List<SafetensorsWriter.Entry> entries = new ArrayList<>();
            for (Tensor weight : checkpoint.linears().values()) {
                long out = weight.shape().getFirst();
                entries.add(
                        WeightForm.FP8.weight(weight.name(), out, weight.shape().getLast()));
                entries.add(new SafetensorsWriter.Entry(weight.name() + "_scale", ElementType.F32, List.of(out)));
            }
            try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries)) {
                for (Tensor weight : checkpoint.linears().values()) {
                    var bytes = new ByteArrayOutputStream();
                    var stored = new Requantiser(WeightForm.FP8, ElementType.F32)
                            .store(checkpoint, weight, band -> bytes.writeBytes(RequantiserTest.copy(band)));
                    writer.room(bytes.size()).put(bytes.toByteArray());
                    writer.room(stored.scales().length).put(stored.scales());
                    errors.put(weight.name(), stored.error());
                }
            }
        }
        Path report = Files.write(dir.resolve("errors.json"), new ObjectMapper().writeValueAsBytes(errors));
        String printed = Python.printed(List.of(
                Python.file("goldens/check_requantised.py"),
                Goldens.folder(name).toString(),
                file.toString(),
                report.toString()));
        assertThat(printed).contains(errors.size() + " matrices are the same");
    }
}

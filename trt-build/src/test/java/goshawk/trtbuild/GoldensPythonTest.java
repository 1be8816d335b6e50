package goshawk.trtbuild;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The goldens against the transformers that is installed; run by {@code ./goshawk test --python}. */
@Tag("python")
class GoldensPythonTest {

    @ParameterizedTest
    @CsvSource({
        "make_goldens.py,",
        "make_film_goldens.py,",
        "make_adapter_goldens.py,",
        "make_quantised_goldens.py,",
        "make_text_goldens.py,text",
        "make_inspection_golden.py,inspection"
    })
    void theCommittedAnswersAreStillThoseOfTransformers(String script, @Nullable String folder)
            throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of(Python.file("goldens/" + script), "--check"));
        if (folder != null) {
            arguments.add(Python.file("src/test/resources/goldens/" + folder));
        }
        Python.printed(arguments);
    }
}

package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownPromptsTest {

    @TempDir
    Path dir;

    @Test
    void aPublishedCheckpointTakesAnyQuestion() {
        KnownPrompts.read(dir).check(Recipes.asking("Is it blue?"));
        assertThat(KnownPrompts.read(dir).questions()).isEmpty();
    }

    @Test
    void aQuestionThatTheCheckpointWasNotTrainedForIsRefusedByName() throws IOException {
        write("{\"name\": \"nano\", \"questions\": [\"Is the part cracked?\", \"Is a bolt missing?\"]}");
        KnownPrompts known = KnownPrompts.read(dir);
        known.check(Recipes.asking("Is a bolt missing?"));
        assertThatThrownBy(() -> known.check(Recipes.asking("Is a Bolt missing")))
                .isInstanceOf(UnknownQuestionException.class)
                .hasMessage("recipe bracket, prompt p0 asks 'Is a Bolt missing', which checkpoint nano was not trained"
                        + " for; the nearest it knows is 'Is a bolt missing?'");
    }

    @Test
    void aFileOfAnotherFormIsRefused() throws IOException {
        for (String broken : List.of("", "{}", "{\"name\": \"nano\"}", "{\"name\": \"nano\", \"questions\": []}")) {
            write(broken);
            assertThatThrownBy(() -> KnownPrompts.read(dir))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("goshawk.json");
        }
    }

    private void write(String text) throws IOException {
        Files.writeString(dir.resolve("goshawk.json"), text);
    }
}

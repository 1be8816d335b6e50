package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.GoldenSet;
import goshawk.camera.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenHashTest {

    @TempDir
    Path dir;

    @TempDir
    Path memory;

    @BeforeEach
    void aFolderOfPictures() throws IOException {
        Files.writeString(dir.resolve("truth.csv"), "file,label\na.png,good\nb.png,dent\n");
        Files.writeString(dir.resolve("a.png"), "a good part");
        Files.writeString(dir.resolve("b.png"), "a dented one");
    }

    private String hash() {
        return GoldenHash.of(set(new GoldenSet.Source.Folder("golden", dir)), List.of(Views.ONLY), memory);
    }

    private static GoldenSet set(GoldenSet.Source source) {
        return new GoldenSet(
                source,
                new GoldenSet.Demands(1, Map.of(), 1, 0.95, OptionalDouble.empty()),
                GoldenSet.LimitSamples.NONE);
    }

    @Test
    void theSamePicturesAreTheSameSetWhereverTheyLie() throws IOException {
        String first = hash();
        assertThat(first).matches("[0-9a-f]{64}").isEqualTo(hash());
        Path moved = Files.createDirectory(dir.resolve("moved"));
        for (String name : new String[] {"truth.csv", "a.png", "b.png"}) {
            Files.move(dir.resolve(name), moved.resolve(name));
        }
        dir = moved;
        assertThat(hash()).isEqualTo(first);
    }

    @Test
    void anotherPictureOrAnotherTruthIsAnotherSet() throws IOException {
        String first = hash();
        Files.writeString(dir.resolve("b.png"), "another dented one");
        String pictured = hash();
        assertThat(pictured).isNotEqualTo(first);
        Files.writeString(dir.resolve("truth.csv"), "file,label\na.png,dent\nb.png,dent\n");
        assertThat(hash()).isNotIn(first, pictured);
    }

    @Test
    void ofTheSameLengthAndTimeItIsStillAnotherPicture() throws IOException {
        Path picture = dir.resolve("b.png");
        String first = hash();
        FileTime changed = Files.getLastModifiedTime(picture);
        Files.writeString(picture, "a dented TWO");
        Files.setLastModifiedTime(picture, changed);
        assertThat(hash()).isNotEqualTo(first);
    }

    @Test
    void aPictureThatIsGoneIsAnotherSetAndNoError() throws IOException {
        String first = hash();
        Files.delete(dir.resolve("b.png"));
        assertThat(hash()).isNotEqualTo(first);
        Files.delete(dir.resolve("truth.csv"));
        assertThat(hash()).isNotEqualTo(first);
    }

    @Test
    void picturesThatTheTruthDoesNotNameDoNotCount() throws IOException {
        String first = hash();
        Files.writeString(dir.resolve("c.png"), "nobody knows");
        assertThat(hash()).isEqualTo(first);
    }

    /** What is remembered is believed: nothing is read again while size and times are the same. */
    @Test
    void aHashIsRemembered() throws IOException {
        String first = hash();
        Path remembered = memory.resolve("fingerprints.json");
        String json = Files.readString(remembered);
        assertThat(json).contains("a.png", "b.png", "truth.csv");
        Files.writeString(remembered, json.replaceAll("\"sha256\" : \"[0-9a-f]{64}\"", "\"sha256\" : \"0\""));
        assertThat(hash()).isNotEqualTo(first);
        Files.writeString(remembered, "nonsense");
        assertThat(hash()).as("read again").isEqualTo(first);
    }

    @Test
    void ofDrawnPartsTheRecipeSaysEverything() {
        assertThat(GoldenHash.of(
                        set(new GoldenSet.Source.Rendered(1, Map.of("good", 1), 0)), List.of(Views.ONLY), memory))
                .isEmpty();
        assertThat(memory).isEmptyDirectory();
    }
}

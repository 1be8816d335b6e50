package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RenderTest {

    @TempDir
    Path dir;

    private Path rendered(String name, int threads) {
        Path out = dir.resolve(name);
        int code = Render.run(
                "--seed", "11", "--count", "9", "--out", out.toString(), "--threads", Integer.toString(threads));
        assertThat(code).isZero();
        return out;
    }

    @Test
    void aFolderHoldsPicturesAndTheirTruthInOrder() throws Exception {
        Path out = rendered("parts", 3);
        List<String> lines = Files.readAllLines(out.resolve("truth.csv"));
        assertThat(lines).hasSize(10).first().isEqualTo("file,label,defects,pose,code,writing");
        for (int i = 0; i < 9; i++) {
            assertThat(lines.get(i + 1))
                    .matches(
                            "part-00000" + i
                                    + "\\.png,[a-z_]+,\"\\[(\\[\\d+,\\d+,\\d+,\\d+,\"\"[a-z_]+\"\"],?)*]\",-?\\d\\.\\d{4};-?\\d\\.\\d{4};-?\\d\\.\\d{4},[0-9A-Z-]*,(\".+\")?");
            assertThat(out.resolve("part-00000" + i + ".png")).isNotEmptyFile();
        }
    }

    @Test
    void theNumberOfThreadsChangesNothing() throws Exception {
        Path one = rendered("one", 1);
        Path many = rendered("many", 4);
        try (var files = Files.list(one)) {
            for (Path file : files.toList()) {
                assertThat(many.resolve(file.getFileName())).hasSameBinaryContentAs(file);
            }
        }
    }

    @Test
    void anotherReaderSeesTheSamePixelsAndThatNoCameraTookThem() throws Exception {
        SimulatedPart part = BracketRenderer.render(3, 1, RenderOptions.USUAL);
        byte[] png = PngFile.encode(part.rgb(), part.width(), part.height());
        var picture = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(picture.getWidth()).isEqualTo(640);
        assertThat(picture.getHeight()).isEqualTo(480);
        for (int i = 0; i < 640 * 480; i += 37) {
            int expected = (part.rgb()[3 * i] & 0xFF) << 16
                    | (part.rgb()[3 * i + 1] & 0xFF) << 8
                    | (part.rgb()[3 * i + 2] & 0xFF);
            assertThat(picture.getRGB(i % 640, i / 640) & 0xFFFFFF).isEqualTo(expected);
        }
        assertThat(new String(png, StandardCharsets.ISO_8859_1)).contains("tEXtSource\0goshawk render");
    }

    @Test
    void partsAlreadyThereAreNotOverwritten() throws Exception {
        Path out = dir.resolve("taken");
        Files.createDirectories(out);
        Files.writeString(out.resolve("truth.csv"), "mine");
        assertThat(Render.run("--count", "1", "--out", out.toString())).isEqualTo(2);
        assertThat(out.resolve("truth.csv")).hasContent("mine");
        assertThat(out.resolve("part-000000.png")).doesNotExist();
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "");
        assertThat(Render.run("--count", "1", "--out", file.resolve("below").toString()))
                .isEqualTo(1);
    }

    @Test
    void aRunThatFailsLeavesNoTruth() throws Exception {
        Path out = dir.resolve("blocked");
        // A folder where the third picture should go.
        Files.createDirectories(out.resolve("part-000002.png"));
        assertThat(Render.run("--count", "4", "--out", out.toString(), "--threads", "2"))
                .isEqualTo(1);
        assertThat(out.resolve("truth.csv")).doesNotExist();
    }

    @Test
    void argumentsThatMakeNoSenseAreRefused() {
        assertThat(Render.run("--count", "many", "--out", dir.toString())).isEqualTo(2);
        assertThat(Render.run("--out")).isEqualTo(2);
        assertThat(Render.run("--color", "red", "--out", dir.toString())).isEqualTo(2);
        assertThat(Render.run("--count", "1")).isEqualTo(2);
        assertThat(Render.run("--out", dir.toString(), "--writing", "often")).isEqualTo(2);
        assertThat(Render.run("--out", dir.toString(), "--station", "paint")).isEqualTo(2);
        assertThat(Render.run("--out", dir.toString(), "--station", "assembly", "--size", "9"))
                .isEqualTo(2);
        assertThat(Render.run("--out", dir.toString(), "--kinds", "bent=1")).isEqualTo(2);
    }

    @Test
    void theCharactersOfTheLabelPrinterAllDiffer() {
        assertThat(DotFont.KNOWN.chars().mapToObj(RenderTest::glyph).distinct()).hasSize(DotFont.KNOWN.length());
    }

    private static String glyph(int character) {
        var dots = new StringBuilder();
        for (int row = 0; row < DotFont.ROWS; row++) {
            for (int column = 0; column < DotFont.COLUMNS; column++) {
                dots.append(DotFont.isPrinted((char) character, column, row) ? '#' : '.');
            }
        }
        return dots.toString();
    }
}

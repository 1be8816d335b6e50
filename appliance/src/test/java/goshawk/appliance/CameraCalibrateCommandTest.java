package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CameraCalibrateCommandTest extends TypedCommands {

    private static final int SQUARE_PX = 40;

    @Test
    void oneFlatBoardTellsTheScaleAndTheFileSaysWhoAndWhen() {
        Path out = dir.resolve("camera.json");
        Instant before = Instant.now();
        int code = run(
                "camera",
                "calibrate",
                "--pattern",
                "checkerboard:9x6",
                "--square-mm",
                "3.6",
                "--operator",
                "M. Li",
                "--out",
                out.toString(),
                board("flat.png", 640, 480).toString());
        assertThat(errors.toString()).isEmpty();
        assertThat(code).isZero();
        var kept = CameraCalibrationFile.read(out);
        assertThat(kept.operator()).isEqualTo("M. Li");
        assertThat(Instant.parse(kept.at())).isBetween(before, Instant.now());
        assertThat(kept.micrometresX()).isCloseTo(90, within(0.1));
        assertThat(kept.micrometresY()).isCloseTo(90, within(0.1));
        assertThat(kept.lens()).isNull();
        assertThat(kept.calibration().lens()).isEmpty();
        assertThat(kept.evidence().rmsPx()).isLessThan(0.1);
    }

    @Test
    void knownDistancesTellBothSides() {
        Path out = dir.resolve("camera.json");
        int code = run(
                "camera",
                "calibrate",
                "--distance-mm",
                "36",
                "--between",
                "100,100",
                "500,100",
                "--distance-mm",
                "18",
                "--between",
                "100,20",
                "100,420",
                "--out",
                out.toString(),
                board("part.png", 640, 480).toString());
        assertThat(code).isZero();
        var kept = CameraCalibrationFile.read(out);
        assertThat(kept.micrometresX()).isCloseTo(90, within(1e-6));
        assertThat(kept.micrometresY()).isCloseTo(45, within(1e-6));
        assertThat(kept.operator()).isNotBlank();
    }

    @Test
    void whatMakesNoSenseIsSaidAndNothingIsWritten() {
        String out = dir.resolve("camera.json").toString();
        String part = board("part.png", 640, 480).toString();
        refused("either --pattern checkerboard:9x6 --square-mm 5, or --distance-mm 50", "--out", out, part);
        refused("say how large a square is: --square-mm 5", "--pattern", "checkerboard:9x6", "--out", out, part);
        refused(
                "the pattern 'dots:4x4' is not known; write checkerboard:9x6",
                "--pattern",
                "dots:4x4",
                "--square-mm",
                "5",
                "--out",
                out,
                part);
        refused(
                "no board with 8×5 inner corners in " + part,
                "--pattern",
                "checkerboard:8x5",
                "--square-mm",
                "5",
                "--out",
                out,
                part);
        refused(
                "need as many --between x1,y1 x2,y2 and one picture",
                "--distance-mm",
                "5",
                "--distance-mm",
                "6",
                "--between",
                "1,2",
                "300,4",
                "--out",
                out,
                part);
        refused("'left' is no place; write x,y", "--distance-mm", "5", "--between", "left", "3,4", "--out", out, part);
        refused(
                "does not exist; check the path",
                "--distance-mm",
                "5",
                "--between",
                "1,2",
                "300,4",
                "--out",
                out,
                "no.png");
        assertThat(dir.resolve("camera.json")).doesNotExist();
    }

    @Test
    void aStationWithAnotherScaleOrSizeIsRefused() throws IOException {
        Path out = dir.resolve("camera.json");
        run(
                "camera",
                "calibrate",
                "--distance-mm",
                "40",
                "--between",
                "100,100",
                "500,100",
                "--out",
                out.toString(),
                board("part.png", 640, 480).toString());
        var kept = CameraCalibrationFile.read(out);
        assertThatThrownBy(() -> require(kept, out, 640, 480))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(
                        "recipe bracket says 90.0 × 90.0 µm a pixel, the camera was measured at 100.00 × 100.00 µm");
        assertThatThrownBy(() -> require(kept, out, 64, 48))
                .hasMessageContaining("is for pictures of 640×480, recipe bracket for 64×48");
        assertThatThrownBy(() -> CameraCalibrationFile.read(dir.resolve("none.json")))
                .hasMessageContaining("none.json does not exist; make it: ./goshawk camera calibrate");
        Files.writeString(out, "{\"format\": 7}");
        assertThatThrownBy(() -> CameraCalibrationFile.read(out)).hasMessageContaining("format 7, want 1");
    }

    private static DefectPrompt prompt() {
        return Prompts.of("p", "Is it?", List.of("scratch"), List.of("plate"), Severity.MINOR, 0.5, 0.2);
    }

    private void refused(String why, String... rest) {
        String[] all = new String[rest.length + 2];
        all[0] = "camera";
        all[1] = "calibrate";
        System.arraycopy(rest, 0, all, 2, rest.length);
        errors.getBuffer().setLength(0);
        assertThat(run((Object[]) all)).as(why).isEqualTo(2);
        assertThat(errors.toString()).contains(why);
    }

    /** A board of 10×7 squares, with 9×6 corners between them, in the middle of a grey picture. */
    private Path board(String name, int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        int left = (width - 10 * SQUARE_PX) / 2;
        int top = (height - 7 * SQUARE_PX) / 2;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean isBoard = x >= left && y >= top && x < left + 10 * SQUARE_PX && y < top + 7 * SQUARE_PX;
                boolean isBlack = isBoard && ((x - left) / SQUARE_PX + (y - top) / SQUARE_PX) % 2 == 0;
                for (int channel = 0; channel < 3; channel++) {
                    rgb[(y * width + x) * 3 + channel] = (byte) (isBlack ? 30 : 215);
                }
            }
        }
        Path file = dir.resolve(name);
        try (Frame frame = Frame.of(width, height, rgb)) {
            PictureFile.writePng(frame, true, file);
        }
        return file;
    }

    private static void require(CameraCalibrationFile kept, Path file, int widthPx, int heightPx) {
        var recipe = RecipeDraft.of(widthPx, heightPx, Map.of("plate", new Region(0, 0, 9, 9)))
                .asking(prompt())
                .recipe();
        kept.require(file, recipe, recipe.only());
    }
}

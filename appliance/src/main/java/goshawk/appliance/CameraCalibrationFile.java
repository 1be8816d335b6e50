package goshawk.appliance;

import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.PixelScale;
import goshawk.camera.calibration.CameraCalibration;
import goshawk.trtbuild.Durable;
import goshawk.trtbuild.JsonRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A camera's calibration as it lies on the disk, with who made it when.
 *
 * @param at ISO 8601
 * @param lens null where only the scale is known
 */
record CameraCalibrationFile(
        int format,
        String at,
        String operator,
        int widthPx,
        int heightPx,
        double micrometresX,
        double micrometresY,
        CameraCalibration.@Nullable Lens lens,
        CameraCalibration.Evidence evidence) {

    private static final int FORMAT = 1;

    /** More than this share between what a recipe says and what was measured makes a recipe's millimetres wrong. */
    private static final double LARGEST_DIFFERENCE = 0.02;

    static CameraCalibrationFile of(CameraCalibration calibration, String operator, Instant at) {
        return new CameraCalibrationFile(
                FORMAT,
                at.toString(),
                operator,
                calibration.widthPx(),
                calibration.heightPx(),
                calibration.scale().micrometresX(),
                calibration.scale().micrometresY(),
                calibration.lens().orElse(null),
                calibration.evidence());
    }

    CameraCalibration calibration() {
        return new CameraCalibration(
                widthPx, heightPx, new PixelScale(micrometresX, micrometresY), Optional.ofNullable(lens), evidence);
    }

    /** @throws CommandException when there is none, or it cannot be used */
    static CameraCalibrationFile read(Path file) {
        try {
            return JsonRecord.read(Files.readAllBytes(file), FORMAT, CameraCalibrationFile.class);
        } catch (NoSuchFileException e) {
            throw new CommandException(
                    "camera calibration %s does not exist; make it: ./goshawk camera calibrate --out %s …"
                            .formatted(file, file),
                    e);
        } catch (IOException e) {
            throw new CommandException(
                    "camera calibration %s cannot be read (%s); make it anew: ./goshawk camera calibrate"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    /** Replaces the file in one step. */
    void write(Path file) {
        try {
            Durable.replace(file, JsonRecord.bytes(this));
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(file, e), e);
        }
    }

    /** @throws CommandException when the recipe is for other pictures, or takes its millimetres from another scale */
    void require(Path file, Recipe recipe, View view) {
        if (widthPx != view.widthPx() || heightPx != view.heightPx()) {
            throw new CommandException(
                    "camera calibration %s is for pictures of %d×%d, recipe %s for %d×%d; calibrate the camera as it is set for the recipe"
                            .formatted(file, widthPx, heightPx, named(recipe, view), view.widthPx(), view.heightPx()));
        }
        PixelScale said = view.scale();
        if (differs(said.micrometresX(), micrometresX()) || differs(said.micrometresY(), micrometresY())) {
            throw new CommandException(String.format(
                    Locale.ROOT,
                    "recipe %s says %s × %s µm a pixel, the camera was measured at %.2f × %.2f µm (%s); set the recipe's micrometresPerPixel and micrometresPerLine, or bring the camera back to its place",
                    named(recipe, view),
                    said.micrometresX(),
                    said.micrometresY(),
                    micrometresX(),
                    micrometresY(),
                    file));
        }
    }

    private static String named(Recipe recipe, View view) {
        return view.isOnly() ? recipe.id() : "%s, view %s,".formatted(recipe.id(), view.name());
    }

    private static boolean differs(double said, double measured) {
        return Math.abs(said / measured - 1) > LARGEST_DIFFERENCE;
    }
}

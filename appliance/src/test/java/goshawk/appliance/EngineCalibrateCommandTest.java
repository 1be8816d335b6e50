package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.trtbuild.ActivationScales;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class EngineCalibrateCommandTest extends TypedCommands {

    private int calibrate(Path images, Path out) {
        return run(
                "engine",
                "calibrate",
                "--recipe",
                ROOT.resolve("recipes/bracket.yaml").toString(),
                "--images",
                images.toString(),
                "--out",
                out.toString(),
                "--engines",
                dir.resolve("engines").toString());
    }

    @Test
    void theScalesNameCheckpointRecipeAndEveryLayer() throws IOException, NoSuchAlgorithmException {
        Path parts = dir.resolve("parts");
        Path out = dir.resolve("scales.json");
        assertThat(run("render", "--seed", "5", "--count", "2", "--out", parts.toString()))
                .isZero();
        assertThat(calibrate(parts, out)).isZero();
        ActivationScales scales = ActivationScales.read(out);
        assertThat(scales.checkpoint())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256")
                                .digest(Files.readAllBytes(
                                        ROOT.resolve("trt-build/nano/checkpoint/model.safetensors")))));
        assertThat(scales.recipe().id()).isEqualTo("bracket");
        assertThat(scales.pictures()).isEqualTo(2);
        assertThat(scales.linears())
                .containsKeys("lm_head", "model.visual.merger.linear_fc1", "model.language_model.layers.0.mlp.up_proj");
        assertThat(scales.linears().values()).allMatch(range -> range.rows() > 0 && range.largest() > 0);
        assertThat(scales.means()).containsKeys("model.visual.merger.linear_fc1", "model.visual.blocks.0.attn.qkv");

        Files.writeString(parts.resolve("torn.png"), "no picture");
        assertThat(calibrate(parts, out)).as("without one of three").isEqualTo(3);
        assertThat(ActivationScales.read(out).linears())
                .as("a picture that cannot be read changes nothing")
                .isEqualTo(scales.linears());
    }

    @Test
    void withoutAPictureThatCanBeJudgedNothingIsWritten() throws IOException {
        Path parts = Files.createDirectories(dir.resolve("parts"));
        Path out = dir.resolve("scales.json");
        assertThat(calibrate(parts, out)).isEqualTo(2);
        assertThat(errors.toString()).contains("folder " + parts + " holds no picture");
        Files.writeString(parts.resolve("torn.png"), "no picture");
        assertThat(calibrate(parts, out)).isEqualTo(2);
        assertThat(errors.toString()).contains("not one picture of", "name pictures of parts that bracket knows");
        assertThat(out).doesNotExist();
    }
}

package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class V4l2CapabilityTest {

    /** As the kernel's headers number them; with 0x80000000 the second number counts, without it the first. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a USB camera,               0x84A00001, 0x04200001, true",
        "what tells of its pictures, 0x84A00001, 0x04A00000, false",
        "a camera of several planes, 0x84201000, 0x04201000, true",
        "a display,                  0x85200003, 0x05200002, false",
        "an old driver's camera,     0x05000001, 0,          true",
        "an old driver's display,    0x04000002, 0x00000001, false",
    })
    void theDeviceFileThatGivesPicturesIsKnown(String what, String ofDriver, String ofDevice, boolean captures) {
        var capability = new V4l2Capability(
                Long.decode(ofDriver).intValue(), Long.decode(ofDevice).intValue());
        assertThat(capability.capturesPictures()).as(what).isEqualTo(captures);
    }

    @Test
    void whatIsNoVideoDeviceTellsNothing(@TempDir Path dir) {
        assertThat(V4l2Capability.of(Path.of("/dev/null"))).isEmpty();
        assertThat(V4l2Capability.of(dir.resolve("video0"))).isEmpty();
    }
}

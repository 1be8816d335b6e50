package goshawk.camera.aravis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinkCheckTest {

    private static final int MEGAPIXEL = 1 << 20;

    @Test
    void whatFitsNeedsNoAdvice() {
        assertThat(check(1_500, 1_500, 4 * MEGAPIXEL).advice()).isEmpty();
        assertThat(check(8_960, 9_000, 4 * MEGAPIXEL).advice()).isEmpty();
    }

    @Test
    void packetsLargerThanTheInterfaceCarriesAreToldWithBothRemedies() {
        assertThat(check(9_000, 1_500, 4 * MEGAPIXEL).advice())
                .singleElement()
                .asString()
                .contains("packets of 9000 bytes do not fit", "MTU 1500", "mtu 9000", "GevSCPSPacketSize to 1500");
    }

    @Test
    void smallPacketsOnAWideInterfaceAreTold() {
        assertThat(check(1_500, 65_536, 4 * MEGAPIXEL).advice())
                .singleElement()
                .asString()
                .contains("GevSCPSPacketSize to 9000");
    }

    @Test
    void aSocketThatCannotHoldAPictureIsToldWithTheCommand() {
        assertThat(check(1_500, 1_500, 212_992).advice())
                .singleElement()
                .asString()
                .contains("hold 212992 bytes", "a picture has 1048576", "sysctl -w net.core.rmem_max=2097152");
    }

    @Test
    void camerasOnUsbHaveNoPackets() {
        assertThat(new LinkCheck(MEGAPIXEL, Optional.empty(), Optional.empty(), Optional.of(1)).advice())
                .isEmpty();
    }

    @Test
    void thisMachinesSettingsAreReadWhole() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV20");
                var camera = AravisCamera.open(fake.address())) {
            LinkCheck check = LinkCheck.of(camera);
            assertThat(check.payload()).isEqualTo(512 * 512);
            assertThat(check.packetSize()).contains(1_400);
            assertThat(check.mtu()).hasValueSatisfying(it -> assertThat(it).isGreaterThanOrEqualTo(1_500));
            // Linux has no smaller one.
            assertThat(check.socketBuffer())
                    .hasValueSatisfying(it -> assertThat(it).isGreaterThan(2_000));
        }
    }

    private static LinkCheck check(int packet, int mtu, int socketBuffer) {
        return new LinkCheck(MEGAPIXEL, Optional.of(packet), Optional.of(mtu), Optional.of(socketBuffer));
    }
}

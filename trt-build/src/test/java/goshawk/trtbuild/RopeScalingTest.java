package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RopeScalingTest {

    @Test
    void frequenciesAreThoseOfTransformers() throws IOException {
        JsonNode rows = new ObjectMapper()
                .readTree(Goldens.folder("rope").resolve("rope.json").toFile());
        assertThat(rows.size()).isGreaterThan(5);
        for (JsonNode row : rows) {
            RopeScaling scaling =
                    RopeScaling.of(row.path("rope"), row.path("most").asInt());
            int pairs = row.path("head").asInt() / 2;
            float[] frequencies =
                    scaling.frequencies(row.path("rope").path("rope_theta").asDouble(), pairs);
            assertThat(scaling.attention())
                    .as("%s", row.path("rope"))
                    .isCloseTo(row.path("attention").asDouble(), within(1e-12));
            for (int k = 0; k < pairs; k++) {
                double wanted = row.path("frequencies").path(k).asDouble();
                assertThat((double) frequencies[k])
                        .as("%s, frequency %d", row.path("rope"), k)
                        .isCloseTo(wanted, within(2e-7 * wanted));
            }
        }
    }
}

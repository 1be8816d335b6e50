package goshawk.camera.aravis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections that are made and lost again and again leave nothing behind. More of them than by default:
 * {@code -Dgoshawk.soak.connections=50 -Dgoshawk.soak.pictures=200}.
 */
@Timeout(1_800)
class GenicamSoakTest {

    private static final int CONNECTIONS = Integer.getInteger("goshawk.soak.connections", 6);
    private static final int PICTURES = Integer.getInteger("goshawk.soak.pictures", 50);
    /** Connections after which code is loaded and the heap has found its size. */
    private static final int SETTLED = CONNECTIONS / 2;

    private static final long MOST_GROWTH = 20L << 20;

    @Test
    void connectionsLeaveNothingBehind() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV40")) {
            long files = 0;
            long resident = 0;
            long[] recoveries = new long[CONNECTIONS];
            for (int i = 0; i < CONNECTIONS; i++) {
                var grabber = new AravisFrameGrabber(settings(fake));
                long begin = System.nanoTime();
                try {
                    grabber.start();
                    for (int picture = 0; picture < PICTURES; picture++) {
                        grabber.grab();
                        if (picture == 0) {
                            recoveries[i] = System.nanoTime() - begin;
                        }
                    }
                    if (i % 2 == 1) { // every other one is lost, not closed
                        fake.pullOut();
                        fake.putIn();
                    }
                } finally {
                    grabber.release();
                }
                if (i == SETTLED - 1) {
                    files = openFiles();
                    resident = residentBytes();
                }
            }
            Arrays.sort(recoveries);
            System.out.printf(
                    "%d connections of %d pictures: to the first picture %.2f s at the median, %.2f s at worst; %+d files, %+.1f MiB%n",
                    CONNECTIONS,
                    PICTURES,
                    recoveries[CONNECTIONS / 2] / 1e9,
                    recoveries[CONNECTIONS - 1] / 1e9,
                    openFiles() - files,
                    (residentBytes() - resident) / (double) (1 << 20));
            assertThat(openFiles()).as("open files").isLessThanOrEqualTo(files);
            assertThat(residentBytes() - resident)
                    .as("growth of resident memory")
                    .isLessThan(MOST_GROWTH);
        }
    }

    private static GenicamSettings settings(FakeGigECamera fake) {
        SequencedMap<String, String> features = new LinkedHashMap<>();
        features.put("PixelFormat", "BayerRG8");
        features.put("Width", "1024");
        features.put("Height", "1024");
        features.put("GevSCPSPacketSize", "8960");
        features.put("AcquisitionFrameRate", "100");
        return new GenicamSettings(fake.address(), features);
    }

    private static long openFiles() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    private static long residentBytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst()
                .orElseThrow();
    }
}

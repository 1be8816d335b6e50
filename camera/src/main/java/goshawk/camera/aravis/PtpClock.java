package goshawk.camera.aravis;

import java.util.Optional;

/**
 * Whether a camera's clock follows the common one of its network (PTP, IEEE 1588). After it was switched on, and after each loss of the
 * network, a camera takes some seconds until it does.
 *
 * @param status the camera's own word. It follows as {@code Slave}; as {@code Master} others follow it; {@code Disabled} is switched off;
 *     any other is on its way there, or found nothing to follow
 * @param offsetNanos of its clock from its master's, in nanoseconds; empty unless it follows and tells
 * @param isNow false when the camera tells what it noted at some time before, since another program controls it
 */
public record PtpClock(String status, Optional<String> offsetNanos, boolean isNow) {

    private static final String SLAVE = "Slave";
    private static final String MASTER = "Master";

    /** By the newer standard, which tells what {@code LATCH} noted, and by the older, which tells what is. */
    private static final String STATUS = "PtpStatus";

    private static final String OLDER_STATUS = "GevIEEE1588Status";
    private static final String LATCH = "PtpDataSetLatch";

    /** As {@link AravisCamera#clock}. */
    static Optional<PtpClock> of(AravisFeatures features, boolean isInControl) {
        boolean isLatched = features.has(LATCH);
        if (isLatched && isInControl) {
            features.set(LATCH, AravisFeatures.EXECUTE);
        }
        boolean isNow = isInControl || !isLatched;
        return features.value(STATUS)
                .map(status -> new PtpClock(
                        status, status.equals(SLAVE) ? features.value("PtpOffsetFromMaster") : Optional.empty(), isNow))
                .or(() -> features.value(OLDER_STATUS).map(status -> new PtpClock(status, Optional.empty(), true)));
    }

    /** True when it goes as the network's clock does, as one that follows or as the one that is followed. */
    public boolean isCommon() {
        return status.equals(SLAVE) || status.equals(MASTER);
    }

    /** For people. */
    public String words() {
        return status
                + offsetNanos.map(", %s ns from its master"::formatted).orElse("")
                + (status.equals(MASTER) ? ", which follows nobody" : "")
                + (isNow ? "" : ", when last asked by the program that controls it");
    }
}

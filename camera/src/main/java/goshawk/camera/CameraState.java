package goshawk.camera;

/**
 * How a camera's connection is, and what has become of it since the start.
 *
 * @param detail why it is not connected; empty while it is
 * @param pictures that arrived
 * @param connections that gave at least one picture: the first and each that was opened again
 * @param stalls times that no picture came for too long
 * @param losses times that the connection broke, or could not be opened
 * @param hanging connections that were given up and whose native calls have not returned
 */
public record CameraState(
        Condition condition, String detail, long pictures, long connections, long stalls, long losses, int hanging) {

    /** What the connection is at. */
    public enum Condition {
        /** Being opened; no picture yet. */
        CONNECTING,
        /** Pictures come. */
        CONNECTED,
        /** Pictures stopped coming; it is opened again soon. */
        STALLED,
        /** The connection broke or could not be opened; it is tried again soon. */
        LOST,
        /** Too many native calls hang for another connection to be tried. */
        HANGING,
        /** Closed by us. */
        CLOSED
    }

    /** Times that the camera came back. */
    public long reopened() {
        return Math.max(0, connections - 1);
    }
}

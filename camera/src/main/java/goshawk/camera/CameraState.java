package goshawk.camera;

/**
 * How a camera's connection is, and what has become of it since the start.
 *
 * @param detail why it is not connected, or why a picture of one that is cannot be read; empty when all is well
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

    CameraState withDetail(String why) {
        return new CameraState(condition, why, pictures, connections, stalls, losses, hanging);
    }

    /** Of two cameras together: how they are is how the one is that is worse off, this one if neither is. */
    CameraState with(CameraState other) {
        CameraState worse = condition == Condition.CONNECTED && other.condition != Condition.CONNECTED ? other : this;
        return new CameraState(
                worse.condition,
                worse.detail,
                pictures + other.pictures,
                connections + other.reopened(), // the first of each is one
                stalls + other.stalls,
                losses + other.losses,
                hanging + other.hanging);
    }

    /** Times that the camera came back. */
    public long reopened() {
        return Math.max(0, connections - 1);
    }
}

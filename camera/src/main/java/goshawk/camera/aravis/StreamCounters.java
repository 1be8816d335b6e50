package goshawk.camera.aravis;

/**
 * What came of a camera's pictures since its stream began.
 *
 * @param pictures that came whole
 * @param incomplete that came with parts missing; none of them is judged
 * @param lost that the camera took and that never came
 * @param repeated that came twice or too late
 * @param overtaken whole pictures that were passed over, for a newer one was there
 * @param underruns times that no buffer was free for a picture
 * @param resentPackets packets that were asked for again and came
 * @param missingPackets packets that never came
 * @param bytes received, packets' headers aside where the library does not count them
 */
public record StreamCounters(
        long pictures,
        long incomplete,
        long lost,
        long repeated,
        long overtaken,
        long underruns,
        long resentPackets,
        long missingPackets,
        long bytes) {

    public static final StreamCounters NONE = new StreamCounters(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Of two streams together. */
    public StreamCounters plus(StreamCounters other) {
        return new StreamCounters(
                pictures + other.pictures,
                incomplete + other.incomplete,
                lost + other.lost,
                repeated + other.repeated,
                overtaken + other.overtaken,
                underruns + other.underruns,
                resentPackets + other.resentPackets,
                missingPackets + other.missingPackets,
                bytes + other.bytes);
    }

    /** What was added since {@code before}. */
    public StreamCounters since(StreamCounters before) {
        return new StreamCounters(
                pictures - before.pictures,
                incomplete - before.incomplete,
                lost - before.lost,
                repeated - before.repeated,
                overtaken - before.overtaken,
                underruns - before.underruns,
                resentPackets - before.resentPackets,
                missingPackets - before.missingPackets,
                bytes - before.bytes);
    }
}

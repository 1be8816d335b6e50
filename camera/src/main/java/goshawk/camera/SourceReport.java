package goshawk.camera;

import goshawk.camera.aravis.StreamCounters;
import java.util.Optional;

/**
 * What has become of a source's triggers and pictures since it was opened. What a source has not, it does not report: a folder has
 * no connection.
 *
 * @param connection of a camera that is connected all the time
 * @param matching of triggers and such a camera's pictures
 * @param signals that came from outside to trigger it
 * @param stream what a GenICam camera's stream counts, over all of its connections
 * @param lines what came of a line-scan camera's lines
 */
public record SourceReport(
        Optional<CameraState> connection,
        Optional<LiveFrameSource.Counts> matching,
        Optional<Signals.Counts> signals,
        Optional<StreamCounters> stream,
        Optional<Lines> lines) {

    /** Of a source that counts nothing. */
    public static final SourceReport NONE =
            new SourceReport(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * Of pictures that are put together of lines.
     *
     * @param whole pictures that were
     * @param partial pictures that were begun and could not be completed
     * @param lost places within pictures that no line was taken of
     * @param seenAgain lines within pictures that were dropped because the belt had run back, or stood
     * @param reversals times that the belt ran back within a picture, by a line or more
     */
    public record Lines(long whole, long partial, long lost, long seenAgain, long reversals) {

        public static final Lines NONE = new Lines(0, 0, 0, 0, 0);
    }

    SourceReport with(CameraState connection) {
        return new SourceReport(Optional.of(connection), matching, signals, stream, lines);
    }

    /** Of a line-scan camera. */
    public static SourceReport of(Lines lines) {
        return new SourceReport(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(lines));
    }
}

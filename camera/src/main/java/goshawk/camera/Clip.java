package goshawk.camera;

import java.util.List;

/**
 * A short film in memory we own.
 *
 * @param name of the folder or file it came from
 * @param frames {@code height × width × 3} bytes each, red first; at least one
 * @param framesPerSecond frame {@code k} was taken {@code k / framesPerSecond} seconds after the first
 */
public record Clip(String name, int width, int height, List<byte[]> frames, double framesPerSecond) {

    public Clip {
        frames = List.copyOf(frames);
        if (frames.isEmpty() || !(framesPerSecond > 0)) {
            throw new IllegalArgumentException(
                    "clip %s has %d frames, %s a second".formatted(name, frames.size(), framesPerSecond));
        }
    }

    /** From the first frame to the end of the last one. */
    public double seconds() {
        return frames.size() / framesPerSecond;
    }
}

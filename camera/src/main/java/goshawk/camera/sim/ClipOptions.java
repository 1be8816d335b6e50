package goshawk.camera.sim;

/**
 * Form of the clips of the assembly station.
 *
 * @param frames of a clip, 8 or more
 * @param framesPerSecond 1 or more
 * @param width of a frame in pixels, likewise {@code height}: 64 or more; the width always shows 67 mm
 */
public record ClipOptions(int frames, int framesPerSecond, int width, int height) {

    /** Eight seconds. */
    public static final ClipOptions USUAL = new ClipOptions(32, 4, 224, 160);

    public ClipOptions {
        if (frames < 8 || framesPerSecond < 1 || width < 64 || height < 64) {
            throw new IllegalArgumentException(
                    "a clip has 8 frames or more, 1 a second or more, of 64×64 pixels or more, not %d at %d of %d×%d"
                            .formatted(frames, framesPerSecond, width, height));
        }
    }

    /** Length of a clip. */
    public double seconds() {
        return (double) frames / framesPerSecond;
    }

    /**
     * Reads {@code 224x160}.
     *
     * @throws IllegalArgumentException naming what cannot be read
     */
    public static int[] size(String text) {
        if (!text.matches("\\d{2,4}x\\d{2,4}")) {
            throw new IllegalArgumentException("want a size such as 224x160, got '%s'".formatted(text));
        }
        int by = text.indexOf('x');
        return new int[] {Integer.parseInt(text.substring(0, by)), Integer.parseInt(text.substring(by + 1))};
    }
}

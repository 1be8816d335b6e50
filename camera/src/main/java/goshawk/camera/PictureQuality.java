package goshawk.camera;

/**
 * How good a picture is for judging a part by it, whatever it shows. Levels are of grey, 0 to 255.
 *
 * @param blurPx how wide sharp edges have become in the direction in which they are sharpest, as the standard deviation of the
 *     blur in pixels; 0 where the picture has no edge to tell by
 * @param smearPx how far edges are drawn out in one direction beyond the others, in pixels: the way that the part went while the
 *     shutter was open
 * @param brightness mean level
 * @param contrast from the level that 5 % of the pixels lie below to the one that 5 % lie above
 * @param clipped share of pixels in [0, 1] with a channel that is as bright as it can be
 * @param crushed share of pixels in [0, 1] whose channels are all as dark as they can be
 * @param dirt by which share, in [0, 1], the darkest spot that stays where it is while parts change has lost its light since the
 *     station was commissioned; 0 while that is not known
 */
public record PictureQuality(
        double blurPx,
        double smearPx,
        double brightness,
        double contrast,
        double clipped,
        double crushed,
        double dirt) {

    /** What is measured. The names are written to files: renaming one forgets what they say. */
    public enum Measure {
        BLUR("blurPx", "px"),
        SMEAR("smearPx", "px"),
        BRIGHTNESS("brightness", "levels"),
        CONTRAST("contrast", "levels"),
        CLIPPED("clipped", ""),
        CRUSHED("crushed", ""),
        DIRT("dirt", "");

        private final String key;
        private final String unit;

        Measure(String key, String unit) {
            this.key = key;
            this.unit = unit;
        }

        /** Its name in recipes. */
        public String key() {
            return key;
        }

        /** Behind its numbers; empty for shares. */
        public String unit() {
            return unit;
        }
    }

    public double of(Measure measure) {
        return switch (measure) {
            case BLUR -> blurPx;
            case SMEAR -> smearPx;
            case BRIGHTNESS -> brightness;
            case CONTRAST -> contrast;
            case CLIPPED -> clipped;
            case CRUSHED -> crushed;
            case DIRT -> dirt;
        };
    }

    /** The same picture, with what is known of the lens. */
    public PictureQuality withDirt(double dirt) {
        return new PictureQuality(blurPx, smearPx, brightness, contrast, clipped, crushed, dirt);
    }
}

package goshawk.camera;

/**
 * No sensor: the pictures of a camera that runs show when a part comes. A region of the picture that is empty between parts
 * is compared with how it looked empty; a part is there from when it differs by {@code enter} until it differs by less than
 * {@code leave}, and is triggered once, with the picture that shows it.
 *
 * @param region that a part covers and that is empty between parts; within the picture
 * @param enter mean difference in grey levels, in (0, 255], from which a part is there
 * @param leave mean difference, in [0, enter), below which it has gone
 * @param pictures in a row that must say so, at least 1: the trigger is the last of them
 */
public record PartDetection(Region region, double enter, double leave, int pictures) implements TriggerSource {

    /** Pixels that are compared, in each direction: enough for a mean, little to do. */
    private static final int SAMPLES = 32;

    /** Share of each picture without a part that goes into what empty looks like: lamps age, belts get dirty. */
    private static final double LEARNING = 0.05;

    public PartDetection {
        if (!(0 <= leave && leave < enter && enter <= 255)) {
            throw new IllegalArgumentException(
                    "want 0 <= leave < enter <= 255, got leave %s, enter %s".formatted(leave, enter));
        }
        if (pictures < 1) {
            throw new IllegalArgumentException("pictures must be at least 1: " + pictures);
        }
    }

    /** What was seen so far. The first picture is taken to be of the empty region. Belongs to one thread at a time. */
    final class Detector {

        private final double[] now = new double[SAMPLES * SAMPLES];
        private final double[] empty = new double[SAMPLES * SAMPLES];
        private boolean knowsEmpty;
        private boolean isThere;
        private int inRow;

        /**
         * True when a part has come with this picture.
         *
         * @throws CameraException when the region is not within the picture
         */
        boolean sees(Frame picture) {
            sample(picture);
            if (!knowsEmpty) {
                System.arraycopy(now, 0, empty, 0, now.length);
                knowsEmpty = true;
            }
            double difference = difference();
            inRow = (isThere ? difference < leave : difference >= enter) ? inRow + 1 : 0;
            if (inRow >= pictures) {
                inRow = 0;
                isThere = !isThere;
                return isThere;
            }
            if (!isThere && difference < enter) {
                learn();
            }
            return false;
        }

        /** Pictures before and after a gap are not in a row. */
        void reconnected() {
            inRow = 0;
        }

        private void sample(Frame picture) {
            if (region.right() > picture.width() || region.bottom() > picture.height()) {
                throw new CameraException(
                        "the part detection's region x [%d, %d), y [%d, %d) is not within the picture of %d×%d"
                                .formatted(
                                        region.left(),
                                        region.right(),
                                        region.top(),
                                        region.bottom(),
                                        picture.width(),
                                        picture.height()));
            }
            byte[] rgb = picture.rgb();
            for (int row = 0; row < SAMPLES; row++) {
                int y = region.top() + (2 * row + 1) * region.height() / (2 * SAMPLES);
                for (int column = 0; column < SAMPLES; column++) {
                    int x = region.left() + (2 * column + 1) * region.width() / (2 * SAMPLES);
                    int at = (y * picture.width() + x) * 3;
                    now[row * SAMPLES + column] = ((rgb[at] & 255) + (rgb[at + 1] & 255) + (rgb[at + 2] & 255)) / 3.0;
                }
            }
        }

        private double difference() {
            double sum = 0;
            for (int i = 0; i < now.length; i++) {
                sum += Math.abs(now[i] - empty[i]);
            }
            return sum / now.length;
        }

        private void learn() {
            for (int i = 0; i < now.length; i++) {
                empty[i] += LEARNING * (now[i] - empty[i]);
            }
        }
    }
}

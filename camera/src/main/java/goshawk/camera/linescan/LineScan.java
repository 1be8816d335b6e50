package goshawk.camera.linescan;

import goshawk.camera.PixelScale;
import java.time.Duration;

/**
 * How lines become pictures.
 *
 * @param lines height of a picture, at least 1
 * @param placing what tells where on the belt a line was taken
 * @param begin what begins a picture
 * @param end what ends it
 * @param overlap lines that a picture repeats of the one before, in [0, lines); only where pictures follow each other without a
 *     part-present signal
 * @param lineTimeout longest that the belt may stand within a picture: a longer stop leaves it partial
 * @param rateKHz lines that the camera can take, in thousands a second
 */
public record LineScan(
        int lines, Placing placing, Begin begin, End end, int overlap, Duration lineTimeout, double rateKHz) {

    /** Where on the belt a line was taken. */
    public sealed interface Placing {

        /**
         * By the belt's encoder, whatever its speed. A line that was taken where there is one already is dropped, and a place that
         * no line was taken of is a lost line.
         *
         * @param stepsPerLine counts of the encoder from line to line, at least 1
         * @param mostBackLines lines that the belt may run back and be followed; more is taken for an encoder that was reset
         */
        record Encoder(int stepsPerLine, int mostBackLines) implements Placing {
            public Encoder {
                if (stepsPerLine < 1 || mostBackLines < 1) {
                    throw new IllegalArgumentException(
                            "a line needs at least 1 step of the encoder, and the belt's way back at least 1 line: got %d and %d"
                                    .formatted(stepsPerLine, mostBackLines));
                }
            }
        }

        /** One after another, as the camera's clock takes them: right as long as the belt keeps its speed. */
        record Time() implements Placing {}
    }

    /** What begins a picture. */
    public sealed interface Begin {

        /**
         * The light barrier's signal.
         *
         * @param delayLines from the light barrier to the camera's line, along the belt
         */
        record PartPresent(int delayLines) implements Begin {
            public PartPresent {
                if (delayLines < 0) {
                    throw new IllegalArgumentException(
                            "the light barrier must stand before the camera: a delay of %d lines"
                                    .formatted(delayLines));
                }
            }
        }

        /** The end of the one before. */
        record Continuous() implements Begin {}
    }

    /** What ends a picture. */
    public sealed interface End {

        /** Its last line. */
        record Length() implements End {}

        /**
         * The end of the part-present signal; what is missing to the last line is black. A part that is longer than the picture is
         * partial.
         *
         * @param leastLines of a part: a shorter signal was none
         */
        record PartGone(int leastLines) implements End {}
    }

    public LineScan {
        boolean isContinuous = begin instanceof Begin.Continuous;
        if (lines < 1) {
            throw new IllegalArgumentException("a picture of %d lines is none".formatted(lines));
        }
        if (overlap < 0 || overlap >= lines || (overlap > 0 && !isContinuous)) {
            throw new IllegalArgumentException(
                    "an overlap of %d lines is not in [0, %d), or there is a part-present signal: parts do not overlap"
                            .formatted(overlap, lines));
        }
        if (isContinuous && end instanceof End.PartGone) {
            throw new IllegalArgumentException("without a part-present signal a picture ends by its length");
        }
        if (end instanceof End.PartGone(int least) && (least < 1 || least > lines)) {
            throw new IllegalArgumentException("the shortest part has 1 to %d lines, got %d".formatted(lines, least));
        }
        if (!lineTimeout.isPositive()) {
            throw new IllegalArgumentException("the line time-out must be above 0: " + lineTimeout);
        }
        if (!(rateKHz > 0)) { // also refuses NaN
            throw new IllegalArgumentException("the line rate must be above 0 kHz: " + rateKHz);
        }
    }

    /** How fast the belt may be before lines are lost, in mm/s: the camera's rate times the way from line to line. */
    public double fastestBelt(PixelScale scale) {
        return rateKHz * scale.micrometresY();
    }
}

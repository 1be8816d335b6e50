package goshawk.camera.sim;

/**
 * The stated limits of everything drawn at random: what a defect is, from which size on, and what is none.
 *
 * <p>All lengths in mm on the part at 0.09 mm per pixel. The lower ends say what this line promises to see: 0.5 mm is 5.6 pixels,
 * the least at which a person looking at the picture at 100 % still calls a mark by its name. The upper ends are where a defect
 * stops being hard; larger ones teach and prove nothing.
 *
 * @param scratchLength from the promise to about a bolt's pitch on this part
 * @param scratchWidth 0.12 mm is 1.3 pixels: thinner ones fade into the milling marks, wider ones are gouges
 * @param crackLength a fatigue crack is rejected as soon as it is seen
 * @param crackWidth narrower than a scratch: the crack is dark because it is deep, not because it is wide
 * @param dentDiameter 3 mm is the mark of a dropped bolt
 * @param dentSlope steepest slope of its wall (rise over run); below 0.3 it would not show against the milling marks
 * @param tiltDegrees of a cross-threaded bolt. Under 6° a head of 4 mm moves less than 0.45 mm sideways, which no top view shows
 *     safely; above 14° an M4 bolt no longer catches
 * @param proudMm how far a cross-threaded head stands off its seat at the least
 * @param smallerHeadRadius of a too small head (M3: 2.75) and {@code biggerHeadRadius} of a too big one (M5: 4.25), ± 0.1
 * @param labelTurn degrees, either way, from which a label counts as turned; a good one lies within {@link #LABEL_TURN_DEGREES}
 * @param labelDamage share of the text that is torn off, folded over or smeared beyond reading, at the least two characters of 12
 * @param coverBolt radius of what hides a bolt: the head's 3.5 and more
 * @param coverSurface radius of what hides functional surface: 6 mm across and more, larger than any surface defect's usual size
 * @param coverLabel half length along the label of what hides it: at least five characters
 */
public record DefectLimits(
        Span scratchLength,
        Span scratchWidth,
        Span crackLength,
        Span crackWidth,
        Span dentDiameter,
        Span dentSlope,
        Span tiltDegrees,
        Span proudMm,
        Span smallerHeadRadius,
        Span biggerHeadRadius,
        Span labelTurn,
        Span labelDamage,
        Span coverBolt,
        Span coverSurface,
        Span coverLabel) {

    /** The limits of the simulated line. There is one set: figures of two runs are comparable. */
    public static final DefectLimits STATED = new DefectLimits(
            new Span(0.5, 12),
            new Span(0.12, 0.4),
            new Span(0.5, 8),
            new Span(0.06, 0.2),
            new Span(0.5, 3),
            new Span(0.3, 0.7),
            new Span(6, 14),
            new Span(0.3, 1.2),
            new Span(2.65, 2.85),
            new Span(4.15, 4.35),
            new Span(12, 180),
            new Span(0.3, 0.75),
            new Span(3.6, 5.5),
            new Span(3, 6),
            new Span(4.5, 9));

    /** Largest shift of a part, mm, in x and in y. */
    public static final double POSE_MM = 2;

    /** Largest turn of a part, degrees. */
    public static final double POSE_DEGREES = 5;

    /** Largest turn of a good label, degrees. */
    public static final double LABEL_TURN_DEGREES = 1.5;

    /** Largest diameter of a dust speck, mm: well under the smallest dent. */
    public static final double DUST_MM = 0.18;

    /** Least share of the light that an oil film lets through in any colour: features below stay visible. */
    public static final double OIL_TRANSMISSION = 0.55;

    /** Most light, of full scale, that a glare spot adds where it is no defect: features below stay visible. */
    public static final double GLARE_LIGHT = 0.22;

    /** How far from the plate's edge swarf may lie without being on the functional surface, mm. */
    public static final double MARGIN_MM = 1.5;

    /** A pixel belongs to a defect's box when the defect changes it by this much, of 255, before sensor noise. */
    public static final int BOX_LEVELS = 10;

    /**
     * A defect is drawn anew unless it changes at least {@link #SEEN_PIXELS} pixels by this much, of 255, before noise (sensor noise
     * is at most 2.4), whatever oil and glare lie on it.
     */
    public static final int SEEN_LEVELS = 24;

    /** See {@link #SEEN_LEVELS}; a scratch of 0.5 × 0.12 mm covers about eight. */
    public static final int SEEN_PIXELS = 6;

    /** From the least to the most, both included. */
    public record Span(double least, double most) {

        public Span {
            if (!(0 < least && least < most)) {
                throw new IllegalArgumentException("want 0 < least < most, got %s, %s".formatted(least, most));
            }
        }

        /**
         * Log-uniform: as many between 0.5 and 1 mm as between 1 and 2 mm, so that small defects are not rare.
         *
         * @param share 0 for the least to 1 for the most
         */
        double logarithmic(double share) {
            double log = StrictMath.log(least) + share * (StrictMath.log(most) - StrictMath.log(least));
            return Math.clamp(StrictMath.exp(log), least, most);
        }

        public boolean holds(double value) {
            return least <= value && value <= most;
        }
    }
}

package goshawk.appliance.evaluate;

import goshawk.camera.Region;
import goshawk.camera.sim.PartTruth;
import java.util.List;
import java.util.Optional;

/**
 * What is true of one picture.
 *
 * @param file name of the picture
 * @param label {@code good} or what is wrong with it
 * @param marks the things marked in it, in the order of the truth
 * @param group what it shares with others, such as a board; empty when there is nothing
 * @param writing words that somebody wrote or stuck on the part; empty when there are none
 */
public record KnownPart(String file, String label, List<Mark> marks, String group, String writing) {

    /** Something marked in the picture: where and what. */
    public record Mark(Region place, String code) {
        /** The longer side, in pixels. */
        public int extentPx() {
            return Math.max(place.width(), place.height());
        }
    }

    public static final String GOOD = "good";

    public KnownPart {
        marks = List.copyOf(marks);
    }

    /** A part that nobody wrote on. */
    public KnownPart(String file, String label, List<Mark> marks, String group) {
        this(file, label, marks, group, "");
    }

    public static KnownPart of(String file, PartTruth truth) {
        List<Mark> marks = truth.defects().stream()
                .map(box -> new Mark(new Region(box.left(), box.top(), box.right(), box.bottom()), box.code()))
                .toList();
        return new KnownPart(file, truth.kind().code(), marks, "", truth.writing());
    }

    public boolean isGood() {
        return label.equals(GOOD);
    }

    /** The first mark of what the part is labelled for. */
    public Optional<Mark> labelled() {
        return marks.stream().filter(mark -> mark.code().equals(label)).findFirst();
    }
}

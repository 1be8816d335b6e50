package goshawk.appliance.domain;

import goshawk.camera.Trigger;
import goshawk.camera.ViewFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All that is known about one look at one part. Every trigger ends in exactly one.
 *
 * @param isSimulated true when no real part stood in front of a real camera
 * @param order the work order the part belongs to, empty when the station does not know it
 * @param shift name of the shift the trigger fell into
 * @param took from the trigger to the verdict, on the monotonic clock
 * @param pictures the judged pixels of each view, in the order of the views; of a part that was not inspected, those that came
 * @param faults views without a whole picture, where they have names; of a part that was not inspected alone
 * @param outcome what became of the part, as far as it is known
 */
public record InspectionRecord(
        Trigger trigger,
        boolean isSimulated,
        String order,
        String shift,
        Provenance provenance,
        Inspection inspection,
        Verdict verdict,
        Duration took,
        List<ArchivedPicture> pictures,
        List<ViewFault> faults,
        Outcome outcome) {

    public InspectionRecord {
        pictures = List.copyOf(pictures);
        faults = List.copyOf(faults);
        if (pictures.isEmpty() && !(verdict instanceof Verdict.NotInspected)) {
            throw new IllegalArgumentException(
                    "part %s: a verdict %s needs its picture".formatted(trigger.part(), verdict.code()));
        }
    }

    /** The picture of the only view; where there are several, the first of those that came. */
    public Optional<ArchivedPicture> picture() {
        return pictures.stream().findFirst();
    }

    /** The picture of a view. */
    public Optional<ArchivedPicture> picture(String view) {
        return pictures.stream().filter(it -> it.view().equals(view)).findFirst();
    }

    /** Whether what was seen is evidence alone: it is nothing to judge by, or to learn from. */
    public boolean isPartial() {
        return pictures.stream().anyMatch(ArchivedPicture::isPartial);
    }

    /** The same inspection, with what became of the part. */
    public InspectionRecord settled(Outcome outcome) {
        return new InspectionRecord(
                trigger, isSimulated, order, shift, provenance, inspection, verdict, took, pictures, faults, outcome);
    }
}

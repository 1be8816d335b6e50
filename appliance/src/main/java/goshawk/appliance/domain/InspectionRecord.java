package goshawk.appliance.domain;

import goshawk.camera.Trigger;
import java.time.Duration;
import java.util.Optional;

/**
 * All that is known about one look at one part. Every trigger ends in exactly one.
 *
 * @param isSimulated true when no real part stood in front of a real camera
 * @param order the work order the part belongs to, empty when the station does not know it
 * @param shift name of the shift the trigger fell into
 * @param took from the trigger to the verdict, on the monotonic clock
 * @param picture the judged pixels; empty only where nothing was judged
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
        Optional<ArchivedPicture> picture,
        Outcome outcome) {

    public InspectionRecord {
        if (picture.isEmpty() && !(verdict instanceof Verdict.NotInspected)) {
            throw new IllegalArgumentException(
                    "part %s: a verdict %s needs its picture".formatted(trigger.part(), verdict.code()));
        }
    }

    /** The same inspection, with what became of the part. */
    public InspectionRecord settled(Outcome outcome) {
        return new InspectionRecord(
                trigger, isSimulated, order, shift, provenance, inspection, verdict, took, picture, outcome);
    }
}

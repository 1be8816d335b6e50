package goshawk.appliance.web;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Region;
import goshawk.camera.ViewFault;
import goshawk.camera.Views;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One inspection as a line of a table.
 *
 * @param score the highest of any prompt; null where none was asked
 * @param confidence the highest of any prompt; null until the recipe is calibrated
 * @param latencyMs trigger to verdict, milliseconds
 * @param cause why it was not inspected; null otherwise
 * @param detail of the cause; null where there is none
 * @param picture where the judged pixels are, of several views those of the first; null where none were kept
 * @param views all of the part's, in their order, as far as they are known; empty on a station with one view
 */
@Serdeable
record InspectionRow(
        long id,
        long trigger,
        String part,
        Instant at,
        String verdict,
        String recipe,
        @Nullable Double score,
        @Nullable Double confidence,
        double latencyMs,
        @Nullable String cause,
        @Nullable String detail,
        List<FindingRow> findings,
        @Nullable String picture,
        List<ViewRow> views,
        boolean isSimulated) {

    static final DecisionPolicy POLICY = new DecisionPolicy();

    static InspectionRow of(RecordedInspection recorded) {
        InspectionRecord record = recorded.record();
        String cause = null;
        String detail = null;
        if (record.verdict() instanceof Verdict.NotInspected(var why, var more)) {
            cause = why.name();
            detail = more;
        }
        return new InspectionRow(
                recorded.id(),
                record.trigger().id(),
                record.trigger().part(),
                record.trigger().at(),
                record.verdict().code(),
                record.provenance().recipe(),
                orNull(scores(record.inspection()).stream()
                        .mapToDouble(PromptScore::score)
                        .max()),
                orNull(scores(record.inspection()).stream()
                        .flatMapToDouble(score -> score.confidence().stream())
                        .max()),
                Milliseconds.of(record.took()),
                cause,
                detail,
                findings(record),
                record.picture().map(kept -> link(recorded.id(), kept)).orElse(null),
                views(recorded.id(), record),
                record.isSimulated());
    }

    private static List<ViewRow> views(long id, InspectionRecord record) {
        Map<String, ViewFault> faults = record.faults().stream().collect(Collectors.toMap(ViewFault::view, it -> it));
        List<ViewRow> views = new ArrayList<>();
        for (ArchivedPicture kept : record.pictures()) {
            if (!kept.view().equals(Views.ONLY)) {
                ViewFault fault = faults.remove(kept.view());
                views.add(new ViewRow(kept.view(), link(id, kept), kept.sha256(), fault == null ? null : fault.why()));
            }
        }
        faults.values().stream()
                .sorted(Comparator.comparingInt(ViewFault::place))
                .forEach(it ->
                        views.add(Math.min(it.place(), views.size()), new ViewRow(it.view(), null, null, it.why())));
        return views;
    }

    /** Names the pixels, so that a browser that kept them never shows them for another part of the same number. */
    private static String link(long id, ArchivedPicture picture) {
        String view = picture.view().equals(Views.ONLY) ? "" : "view=" + picture.view() + "&";
        return "/api/inspections/%d/picture?%spixels=%s".formatted(id, view, picture.sha256());
    }

    static List<PromptScore> scores(Inspection inspection) {
        return inspection instanceof Inspection.Completed completed ? completed.scores() : List.of();
    }

    private static List<FindingRow> findings(InspectionRecord record) {
        return Stream.concat(
                        findings(record.inspection()).stream().map(FindingRow::of),
                        secondFindings(record).stream().map(FindingRow::ofSecond))
                .toList();
    }

    static List<Finding> findings(Inspection inspection) {
        return inspection instanceof Inspection.Completed completed ? completed.findings() : List.of();
    }

    /** Another model's, where they made the verdict stricter: they are why it is. */
    static List<Finding> secondFindings(InspectionRecord record) {
        return record.inspection() instanceof Inspection.Completed completed
                        && !POLICY.own(completed).code().equals(record.verdict().code())
                ? completed.second().map(SecondOpinion::findings).orElse(List.of())
                : List.of();
    }

    static @Nullable Double orNull(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }

    /**
     * @param region left, top, right, bottom in pixels of the original picture; right and bottom are exclusive
     * @param isSecond true when another machine's model found it
     * @param view whose picture shows it; empty on a station with one view
     */
    @Serdeable
    record FindingRow(
            String prompt,
            String defect,
            double score,
            List<Integer> region,
            String answer,
            boolean isSecond,
            String view) {

        static FindingRow of(Finding finding) {
            return of(finding, false);
        }

        static FindingRow ofSecond(Finding finding) {
            return of(finding, true);
        }

        private static FindingRow of(Finding finding, boolean isSecond) {
            Region region = finding.region();
            return new FindingRow(
                    finding.prompt(),
                    finding.defect(),
                    finding.score(),
                    List.of(region.left(), region.top(), region.right(), region.bottom()),
                    finding.answer(),
                    isSecond,
                    finding.view());
        }
    }

    /**
     * A view's picture, and what is wrong with it.
     *
     * @param picture null where there is none
     * @param pixelsSha256 over the judged pixels, not the picture's file; null where there is none
     * @param fault why there is no picture, or but a partial one; null of a whole one
     */
    @Serdeable
    record ViewRow(
            String view,
            @Nullable String picture,
            @Nullable String pixelsSha256,
            @Nullable String fault) {}
}

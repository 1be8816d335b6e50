package goshawk.appliance.web;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.StationState;
import goshawk.appliance.domain.Thought;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Region;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that is on record about one inspection.
 *
 * @param scores one for each prompt and region, in the order in which the model was asked
 * @param thoughts what the model said to itself before a score, in the order of the scores; empty where it scored at once
 * @param readings what was read of each code
 * @param steps where the time went, in the order of the work; empty where nothing was judged
 * @param taktMs milliseconds; null where the station has changed its recipe since
 * @param confirmation the last that an operator said; null while nobody did
 * @param pixelsSha256 over the judged pixels, not the picture's file
 */
@Serdeable
record InspectionDetail(
        InspectionRow row,
        List<ScoreRow> scores,
        List<ThoughtRow> thoughts,
        List<ReadingRow> readings,
        @Nullable SecondRow secondOpinion,
        List<Step> steps,
        @Nullable Double taktMs,
        EngineRow engine,
        RecipeRow recipe,
        String promptsHash,
        @Nullable String pixelsSha256,
        String order,
        String shift,
        int attempt,
        boolean isPublished,
        OutcomeRow outcome,
        @Nullable ConfirmationRow confirmation) {

    static InspectionDetail of(RecordedInspection recorded, Optional<Confirmation> confirmation, StationState station) {
        InspectionRecord record = recorded.record();
        Provenance by = record.provenance();
        boolean sameRecipe = by.recipeHash().equals(station.provenance().recipeHash());
        Outcome outcome = record.outcome();
        return new InspectionDetail(
                InspectionRow.of(recorded),
                InspectionRow.scores(record.inspection()).stream()
                        .map(ScoreRow::of)
                        .toList(),
                thoughts(record.inspection()),
                readings(record.inspection()),
                second(record.inspection()),
                steps(record.inspection()),
                sameRecipe ? Milliseconds.of(station.takt()) : null,
                new EngineRow(by.engine(), by.engineHash(), by.precision(), by.runtime()),
                new RecipeRow(by.recipe(), by.recipeVersion(), by.recipeHash(), by.isVerified()),
                by.promptsHash(),
                record.picture().map(ArchivedPicture::sha256).orElse(null),
                record.order(),
                record.shift(),
                recorded.attempt(),
                recorded.isPublished(),
                new OutcomeRow(
                        outcome.disposition().name(), outcome.at(), Milliseconds.of(outcome.after()), outcome.detail()),
                confirmation.map(ConfirmationRow::of).orElse(null));
    }

    private static @Nullable SecondRow second(Inspection inspection) {
        return inspection instanceof Inspection.Completed completed
                ? completed.second().map(it -> SecondRow.of(it, completed)).orElse(null)
                : null;
    }

    private static List<ThoughtRow> thoughts(Inspection inspection) {
        return inspection instanceof Inspection.Completed completed
                ? completed.thoughts().stream().map(ThoughtRow::of).toList()
                : List.of();
    }

    private static List<ReadingRow> readings(Inspection inspection) {
        return inspection instanceof Inspection.Completed completed
                ? completed.readings().stream().map(ReadingRow::of).toList()
                : List.of();
    }

    private static List<Step> steps(Inspection inspection) {
        if (!(inspection instanceof Inspection.Completed completed)) {
            return List.of();
        }
        Timings timings = completed.timings();
        return List.of(
                new Step("pose", Milliseconds.of(timings.pose())),
                new Step("vision", Milliseconds.of(timings.vision())),
                new Step("prefill", Milliseconds.of(timings.prefill())),
                new Step("score", Milliseconds.of(timings.score())),
                new Step("explain", Milliseconds.of(timings.explain())));
    }

    /**
     * @param region name of the recipe's region that was looked at
     * @param confidence that the part has the defect; null until the recipe is calibrated
     */
    @Serdeable
    record ScoreRow(
            String prompt,
            String question,
            List<String> defects,
            String region,
            String severity,
            double score,
            double doubt,
            @Nullable Double confidence,
            double reviewAt,
            double rejectAt) {

        static ScoreRow of(PromptScore score) {
            DefectPrompt prompt = score.prompt();
            return new ScoreRow(
                    prompt.id(),
                    prompt.question(),
                    prompt.defects(),
                    score.region(),
                    prompt.severity().name(),
                    score.score(),
                    score.doubt(),
                    InspectionRow.orNull(score.confidence()),
                    prompt.reviewAt(),
                    prompt.rejectAt());
        }
    }

    /** @param ended {@code BY_ITSELF}, {@code BUDGET} or {@code DEADLINE} */
    @Serdeable
    record ThoughtRow(String prompt, String region, String text, int tokens, String ended) {

        static ThoughtRow of(Thought thought) {
            return new ThoughtRow(
                    thought.prompt(),
                    thought.region(),
                    thought.text(),
                    thought.tokens(),
                    thought.ended().name());
        }
    }

    /**
     * @param text null where nothing could be read
     * @param region left, top, right, bottom in pixels of the original picture
     * @param view whose picture it was read in; empty on a station with one view
     * @param outcome {@code MATCH}, {@code CONFLICT}, {@code UNREADABLE} or {@code DOUBTFUL}
     */
    @Serdeable
    record ReadingRow(
            String code,
            String question,
            @Nullable String text,
            double score,
            List<Integer> region,
            String expected,
            String outcome,
            String view) {

        static ReadingRow of(Reading reading) {
            Region region = reading.region();
            return new ReadingRow(
                    reading.code(),
                    reading.question(),
                    reading.text().orElse(null),
                    reading.score(),
                    List.of(region.left(), region.top(), region.right(), region.bottom()),
                    reading.expected(),
                    reading.outcome().name(),
                    reading.view());
        }
    }

    /**
     * What another model said.
     *
     * @param state ANSWERED, LATE, FAILED or NOT_ASKED
     * @param detail why there is no answer, empty when there is one
     * @param verdict that its answer comes to; null without an answer
     * @param ownVerdict that the line's own model came to; the record's may be stricter
     */
    @Serdeable
    record SecondRow(
            String model,
            String state,
            String detail,
            double ms,
            @Nullable String verdict,
            String ownVerdict,
            List<ScoreRow> scores,
            List<InspectionRow.FindingRow> findings) {

        static SecondRow of(SecondOpinion second, Inspection.Completed own) {
            return new SecondRow(
                    second.model(),
                    second.state().name(),
                    second.detail(),
                    Milliseconds.of(second.took()),
                    InspectionRow.POLICY.decide(second).map(Verdict::code).orElse(null),
                    InspectionRow.POLICY.own(own).code(),
                    second.scores().stream().map(ScoreRow::of).toList(),
                    second.findings().stream()
                            .map(InspectionRow.FindingRow::ofSecond)
                            .toList());
        }
    }

    @Serdeable
    record Step(String step, double ms) {}

    @Serdeable
    record EngineRow(String name, String hash, String precision, String runtime) {}

    @Serdeable
    record RecipeRow(String name, String version, String hash, boolean isVerified) {}

    @Serdeable
    record OutcomeRow(String disposition, Instant at, double afterMs, String detail) {}
}

package goshawk.appliance.record;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Cause;
import goshawk.camera.Trigger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A row of the table {@code inspection} as a record: the other direction of {@link SqliteInspectionLog#append}. */
final class RecordRow {

    private RecordRow() {}

    /** The trigger's place on the monotonic clock is of no use after the fact and not kept: it reads as 0. */
    static InspectionRecord read(ResultSet row) throws SQLException {
        var trigger =
                new Trigger(row.getLong("trigger_id"), row.getString("part"), Micros.instant(row.getLong("at_us")), 0);
        var provenance = new Provenance(
                row.getString("recipe"),
                row.getString("recipe_version"),
                row.getString("recipe_hash"),
                row.getString("prompts_hash"),
                row.getString("engine"),
                row.getString("engine_hash"),
                row.getString("engine_precision"),
                row.getString("engine_runtime"),
                row.getInt("is_verified") == 1);
        Inspection inspection = inspection(row);
        return new InspectionRecord(
                trigger,
                row.getInt("is_simulated") == 1,
                row.getString("work_order"),
                row.getString("shift"),
                provenance,
                inspection,
                verdict(row, inspection),
                Micros.duration(row.getLong("took_us")),
                pictures(row),
                RecordJson.faults(row.getString("views")),
                new Outcome(
                        Disposition.valueOf(row.getString("disposition")),
                        Micros.instant(row.getLong("disposition_at_us")),
                        Micros.duration(row.getLong("disposition_after_us")),
                        row.getString("disposition_detail")));
    }

    /** What an operator said, as {@link SqliteInspectionLog#confirm} wrote it. */
    static Confirmation confirmation(ResultSet row) throws SQLException {
        return new Confirmation(
                row.getLong("inspection"),
                Confirmation.Label.valueOf(row.getString("label")),
                RecordJson.defects(row.getString("defects")),
                row.getString("confirmed_by"),
                Micros.instant(row.getLong("confirmed_at_us")));
    }

    private static Inspection inspection(ResultSet row) throws SQLException {
        if (row.getString("cause") != null) {
            return new Inspection.Failed(Cause.valueOf(row.getString("cause")), row.getString("detail"));
        }
        var timings = new Timings(
                Micros.duration(row.getLong("pose_us")),
                Micros.duration(row.getLong("vision_us")),
                Micros.duration(row.getLong("prefill_us")),
                Micros.duration(row.getLong("score_us")),
                Micros.duration(row.getLong("explain_us")),
                Micros.duration(row.getLong("took_us")));
        return new Inspection.Completed(
                RecordJson.scores(row.getString("scores")),
                RecordJson.findings(row.getString("findings")),
                timings,
                RecordJson.thoughts(row.getString("thoughts")),
                RecordJson.readings(row.getString("readings")),
                RecordJson.secondOpinion(row.getString("second_opinion")));
    }

    private static Verdict verdict(ResultSet row, Inspection inspection) throws SQLException {
        List<Finding> findings = findings(inspection);
        String code = row.getString("verdict");
        return switch (code) {
            case "PASS" -> new Verdict.Pass();
            case "REJECT" -> new Verdict.Reject(findings);
            case "REVIEW" -> new Verdict.Review(findings);
            case "NOT_INSPECTED" ->
                new Verdict.NotInspected(Cause.valueOf(row.getString("cause")), row.getString("detail"));
            default -> throw new SQLException("no verdict is called " + code);
        };
    }

    private static List<Finding> findings(Inspection inspection) {
        if (!(inspection instanceof Inspection.Completed completed)) {
            return List.of();
        }
        var findings = new ArrayList<>(completed.findings());
        completed.second().ifPresent(second -> findings.addAll(second.findings()));
        return findings;
    }

    private static List<ArchivedPicture> pictures(ResultSet row) throws SQLException {
        List<ArchivedPicture> byView = RecordJson.pictures(row.getString("views"));
        if (!byView.isEmpty()) {
            return byView;
        }
        String path = row.getString("picture");
        return path == null
                ? List.of()
                : List.of(new ArchivedPicture(
                        path,
                        row.getString("pixels_sha256"),
                        row.getInt("picture_width"),
                        row.getInt("picture_height")));
    }
}

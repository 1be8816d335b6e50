package goshawk.appliance.web;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Confirmations;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.RecordedInspection;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Status;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where an operator says what is true of a part. {@link Guard} has seen who asks. */
@Controller("/api/inspections")
@ExecuteOn(TaskExecutors.BLOCKING)
class ConfirmationController {

    private final InspectionHistory history;
    private final Confirmations confirmations;
    private final Clock clock;

    ConfirmationController(InspectionHistory history, Confirmations confirmations, Clock clock) {
        this.history = history;
        this.confirmations = confirmations;
        this.clock = clock;
    }

    /**
     * @param defects null for those that the page shows as found, which is what a single key can say
     * @param by null for "operator"
     */
    @Serdeable
    record Said(
            Confirmation.Label label,
            @Nullable List<ConfirmationRow.Defect> defects,
            @Nullable String by) {}

    @Post("/{id}/confirmation")
    @Status(HttpStatus.CREATED)
    ConfirmationRow confirm(long id, @Body Said said) {
        RecordedInspection recorded = history.find(id)
                .orElseThrow(() -> new HttpStatusException(HttpStatus.NOT_FOUND, "there is no inspection " + id));
        InspectionRecord record = recorded.record();
        if (record.pictures().isEmpty() || record.isPartial()) {
            throw new HttpStatusException(
                    HttpStatus.CONFLICT, "inspection %d has no whole picture to judge by".formatted(id));
        }
        try {
            var confirmation = new Confirmation(
                    id,
                    said.label(),
                    defects(said, record),
                    said.by() == null ? "operator" : said.by().strip(),
                    clock.instant());
            requireInside(confirmation, record);
            confirmations.confirm(confirmation);
            return ConfirmationRow.of(confirmation);
        } catch (IllegalArgumentException e) {
            throw new HttpStatusException(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private static List<Confirmation.Defect> defects(Said said, InspectionRecord record) {
        List<ConfirmationRow.Defect> told = said.defects();
        if (told != null) {
            return told.stream().map(ConfirmationRow.Defect::toDomain).toList();
        }
        if (said.label() == Confirmation.Label.PASS) {
            return List.of();
        }
        return Stream.concat(
                        InspectionRow.findings(record.inspection()).stream(),
                        InspectionRow.secondFindings(record).stream())
                .map(finding -> new Confirmation.Defect(finding.defect(), finding.region(), finding.view()))
                .toList();
    }

    private static void requireInside(Confirmation confirmation, InspectionRecord record) {
        for (Confirmation.Defect defect : confirmation.defects()) {
            var region = defect.region();
            ArchivedPicture picture = record.picture(defect.view())
                    .orElseThrow(() -> new IllegalArgumentException("%s is in view '%s', there are pictures of %s"
                            .formatted(
                                    defect.code(),
                                    defect.view(),
                                    record.pictures().stream()
                                            .map(ArchivedPicture::view)
                                            .toList())));
            if (region.right() > picture.width() || region.bottom() > picture.height()) {
                throw new IllegalArgumentException("%s reaches to (%d, %d), the picture is %d×%d"
                        .formatted(defect.code(), region.right(), region.bottom(), picture.width(), picture.height()));
            }
        }
    }
}

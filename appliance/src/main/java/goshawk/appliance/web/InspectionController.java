package goshawk.appliance.web;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.InspectionHistory.Query;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.Station;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.http.server.types.files.SystemFile;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The history, one page or one part at a time. */
@Controller("/api/inspections")
@ExecuteOn(TaskExecutors.BLOCKING)
class InspectionController {

    private static final Set<String> VERDICTS = Set.of("PASS", "REJECT", "REVIEW", "NOT_INSPECTED");

    private final InspectionHistory history;
    private final Station station;
    private final PictureFolder pictures;

    InspectionController(InspectionHistory history, Station station, PictureFolder pictures) {
        this.history = history;
        this.station = station;
        this.pictures = pictures;
    }

    /**
     * Newest first.
     *
     * @param limit number of rows, brought into [1, 500]
     * @param before only inspections with a lower id: the {@code next} of the page before
     * @param verdict only these; repeat the parameter for several
     */
    @Get
    Page latest(
            @QueryValue(defaultValue = "50") int limit,
            @QueryValue @Nullable Long before,
            @QueryValue @Nullable List<String> verdict) {
        int rows = Math.clamp(limit, 1, 500);
        Set<String> verdicts = verdict == null
                ? Set.of()
                : verdict.stream().map(InspectionController::known).collect(Collectors.toSet());
        List<RecordedInspection> found =
                history.latest(new Query(before == null ? Long.MAX_VALUE : before, verdicts, rows));
        return new Page(
                found.stream().map(InspectionRow::of).toList(),
                found.size() < rows ? null : found.getLast().id());
    }

    @Get("/{id}")
    InspectionDetail detail(long id) {
        return InspectionDetail.of(found(id), history.confirmation(id), station.state());
    }

    /**
     * The judged pixels as they were archived.
     *
     * @param view whose; without it the only one, or the first that came
     * @param pixels SHA-256 that they must have, as in a row's link: such an answer may be kept for ever
     */
    @Get("/{id}/picture")
    HttpResponse<?> picture(
            long id, @QueryValue @Nullable String view, @QueryValue @Nullable String pixels, HttpRequest<?> request) {
        InspectionRecord record = found(id).record();
        ArchivedPicture picture = (view == null ? record.picture() : record.picture(view))
                .filter(kept -> pixels == null || kept.sha256().equals(pixels))
                .orElseThrow(() -> missing("inspection %d has no such picture".formatted(id)));
        String tag = '"' + picture.sha256() + '"';
        String keep = pixels == null ? "no-cache" : "private, max-age=31536000, immutable";
        if (tag.equals(request.getHeaders().get(HttpHeaders.IF_NONE_MATCH))) {
            return tagged(HttpResponse.notModified(), tag, keep);
        }
        Path file = pictures.find(picture.path())
                .orElseThrow(() -> missing("the picture of inspection %d is no longer in the archive".formatted(id)));
        return tagged(HttpResponse.ok(new SystemFile(file.toFile(), MediaType.IMAGE_PNG_TYPE)), tag, keep);
    }

    private static HttpResponse<?> tagged(MutableHttpResponse<?> response, String tag, String keep) {
        return response.header(HttpHeaders.ETAG, tag).header(HttpHeaders.CACHE_CONTROL, keep);
    }

    private RecordedInspection found(long id) {
        return history.find(id).orElseThrow(() -> missing("there is no inspection " + id));
    }

    private static HttpStatusException missing(String what) {
        return new HttpStatusException(HttpStatus.NOT_FOUND, what);
    }

    private static String known(String verdict) {
        if (!VERDICTS.contains(verdict)) {
            throw new HttpStatusException(
                    HttpStatus.BAD_REQUEST,
                    "no verdict is called " + verdict + ": ask for PASS, REJECT, REVIEW or NOT_INSPECTED");
        }
        return verdict;
    }

    /** @param next ask with {@code before} this for the rows that follow; null at the end */
    @Serdeable
    record Page(List<InspectionRow> rows, @Nullable Long next) {}
}

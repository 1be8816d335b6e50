package goshawk.appliance.web;

import goshawk.appliance.domain.Confirmation;
import goshawk.camera.Region;
import goshawk.camera.Views;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an operator said about a part. */
@Serdeable
record ConfirmationRow(Confirmation.Label label, List<Defect> defects, String by, Instant at) {

    static ConfirmationRow of(Confirmation confirmation) {
        return new ConfirmationRow(
                confirmation.label(),
                confirmation.defects().stream()
                        .map(defect -> new Defect(defect.code(), edges(defect.region()), defect.view()))
                        .toList(),
                confirmation.by(),
                confirmation.at());
    }

    private static List<Integer> edges(Region region) {
        return List.of(region.left(), region.top(), region.right(), region.bottom());
    }

    /**
     * @param region left, top, right, bottom in pixels of the original picture
     * @param view whose picture shows it; null or empty on a station with one view
     */
    @Serdeable
    record Defect(
            String defect, List<Integer> region, @Nullable String view) {

        /** @throws IllegalArgumentException when these are not the edges of a region */
        Confirmation.Defect toDomain() {
            if (region.size() != 4) {
                throw new IllegalArgumentException("a region has four edges, not " + region.size());
            }
            return new Confirmation.Defect(
                    defect,
                    new Region(region.get(0), region.get(1), region.get(2), region.get(3)),
                    view == null ? Views.ONLY : view);
        }
    }
}

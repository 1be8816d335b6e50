package goshawk.appliance.quality;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PictureQuality;
import goshawk.camera.Views;
import goshawk.camera.quality.QualityMeter;
import java.util.List;
import java.util.Map;

/** Lets nobody judge a picture that is too poor for it. Of the line's thread, like the inspector behind it. */
public final class QualityGate implements Inspector {

    private final Inspector inspector;
    private final Recipe recipe;
    private final Map<String, QualityWatch> watches;
    private final QualityMeter meter = new QualityMeter();

    private QualityGate(Inspector inspector, Recipe recipe, Map<String, QualityWatch> watches) {
        this.inspector = inspector;
        this.recipe = recipe;
        this.watches = Map.copyOf(watches);
    }

    /**
     * A gate as the recipe wants it; without bounds the inspector itself.
     *
     * @param inspector taken over: closed with the gate
     * @param watches by view: hear of each picture, on a station; elsewhere nobody knows the lens
     */
    public static Inspector before(Inspector inspector, Recipe recipe, Map<String, QualityWatch> watches) {
        boolean isBounded =
                recipe.views().stream().anyMatch(view -> view.quality().isPresent());
        return isBounded ? new QualityGate(inspector, recipe, watches) : inspector;
    }

    @Override
    public Inspection.Completed inspect(Views views, Deadline deadline) {
        for (View view : recipe.views()) {
            Frame frame = views.frame(view.name());
            if (frame.width() == view.widthPx() && frame.height() == view.heightPx()) {
                // of another size it is another camera's, and the inspector says so
                view.quality().ifPresent(bounds -> require(view.name(), frame, bounds));
            }
        }
        return inspector.inspect(views, deadline);
    }

    private void require(String view, Frame frame, QualityBounds bounds) {
        PictureQuality measured = meter.measure(frame);
        QualityWatch watch = watches.get(view);
        PictureQuality quality = watch == null ? measured : watch.seen(frame, measured);
        List<String> shortfalls = bounds.shortfalls(quality);
        if (!shortfalls.isEmpty()) {
            throw new InspectionException(
                    Cause.QUALITY, Views.about(view, "the picture is too poor: " + String.join("; ", shortfalls)));
        }
    }

    @Override
    public void close() {
        inspector.close();
    }
}

package goshawk.appliance.quality;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.Recipe;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PictureQuality;
import goshawk.camera.quality.QualityMeter;
import java.util.List;
import java.util.Optional;

/** Lets nobody judge a picture that is too poor for it. Of the line's thread, like the inspector behind it. */
public final class QualityGate implements Inspector {

    private final Inspector inspector;
    private final Recipe recipe;
    private final QualityBounds bounds;
    private final Optional<QualityWatch> watch;
    private final QualityMeter meter = new QualityMeter();

    private QualityGate(Inspector inspector, Recipe recipe, QualityBounds bounds, Optional<QualityWatch> watch) {
        this.inspector = inspector;
        this.recipe = recipe;
        this.bounds = bounds;
        this.watch = watch;
    }

    /**
     * A gate as the recipe wants it; without bounds the inspector itself.
     *
     * @param inspector taken over: closed with the gate
     * @param watch hears of each picture, on a station; elsewhere nobody knows the lens
     */
    public static Inspector before(Inspector inspector, Recipe recipe, Optional<QualityWatch> watch) {
        return recipe.quality()
                .<Inspector>map(bounds -> new QualityGate(inspector, recipe, bounds, watch))
                .orElse(inspector);
    }

    @Override
    public Inspection.Completed inspect(Frame frame, Deadline deadline) {
        if (frame.width() == recipe.widthPx() && frame.height() == recipe.heightPx()) {
            require(frame); // of another size it is another camera's, and the inspector says so
        }
        return inspector.inspect(frame, deadline);
    }

    private void require(Frame frame) {
        PictureQuality measured = meter.measure(frame);
        PictureQuality quality = watch.map(it -> it.seen(frame, measured)).orElse(measured);
        List<String> shortfalls = bounds.shortfalls(quality);
        if (!shortfalls.isEmpty()) {
            throw new InspectionException(Cause.QUALITY, "the picture is too poor: " + String.join("; ", shortfalls));
        }
    }

    @Override
    public void close() {
        inspector.close();
    }
}

package goshawk.appliance.pose;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.PoseReference;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Finds a part in each view as its recipe says: by the view's own reference features, as another view of the same camera found it, or
 * not at all, where the part is taken to lie in its place.
 *
 * <p>Owns native memory; belongs to the line's thread.
 */
public final class ViewLocator implements PartLocator {

    private final Recipe recipe;
    private final Map<String, BoreLocator> bores = new HashMap<>();

    private ViewLocator(Recipe recipe) {
        this.recipe = recipe;
        for (View view : recipe.views()) {
            Optional<PoseReference> reference = view.pose();
            reference.ifPresent(it -> bores.put(view.name(), new BoreLocator(recipe.id(), view, it)));
        }
    }

    /** The locator that the recipe asks for. */
    public static PartLocator of(Recipe recipe) {
        return new ViewLocator(recipe);
    }

    @Override
    public Poses locate(Views views) {
        Map<String, Pose> poses = new HashMap<>();
        for (View view : recipe.views()) {
            poses.computeIfAbsent(view.poseOf().orElse(view.name()), name -> locate(recipe.view(name), views));
        }
        recipe.views()
                .forEach(view -> view.poseOf().ifPresent(of -> {
                    Pose found = poses.get(of);
                    if (found != null) {
                        poses.put(view.name(), found);
                    }
                }));
        return new Poses(poses);
    }

    private Pose locate(View view, Views views) {
        Frame frame = views.frame(view.name());
        try {
            BoreLocator locator = bores.get(view.name());
            if (locator != null) {
                return locator.locate(frame);
            }
            BoreLocator.requireSize(frame, recipe.id(), view);
            return Pose.nominal(view.widthPx(), view.heightPx());
        } catch (InspectionException e) {
            throw view.isOnly()
                    ? e
                    : new InspectionException(e.reason(), Views.about(view.name(), String.valueOf(e.getMessage())), e);
        }
    }

    @Override
    public void close() {
        bores.values().forEach(BoreLocator::close);
    }
}

package goshawk.appliance.domain;

import goshawk.camera.Views;
import java.util.Map;

/** How a part lies in each of its views, by the view's name. */
public record Poses(Map<String, Pose> byView) {

    public Poses {
        byView = Map.copyOf(byView);
    }

    /** In the only view. */
    public static Poses of(Pose pose) {
        return new Poses(Map.of(Views.ONLY, pose));
    }

    /** @throws IllegalArgumentException when the part was not looked for in this view */
    public Pose in(String view) {
        Pose pose = byView.get(view);
        if (pose == null) {
            throw new IllegalArgumentException("no pose in view '%s'; there are %s".formatted(view, byView.keySet()));
        }
        return pose;
    }
}

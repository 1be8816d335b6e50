package goshawk.appliance.domain;

import goshawk.camera.PixelScale;
import goshawk.camera.Views;
import java.util.Optional;

/**
 * What one camera sees of a part under one light, as the recipe expects it.
 *
 * @param name unique in its recipe; {@link Views#ONLY} in a recipe that names no views
 * @param widthPx width of the camera's picture, in pixels; a picture of another size is not inspected
 * @param heightPx height of the camera's picture, in pixels
 * @param scale of the picture in the plane of the part
 * @param pose how the part is found in this view
 * @param poseOf the view that the pose is taken from: of the same camera, so that the part lies in both alike. Where this and {@code
 *     pose} are empty, the part is taken to lie as in the nominal picture
 * @param quality what a picture must be like to be judged; without it every picture is
 */
public record View(
        String name,
        int widthPx,
        int heightPx,
        PixelScale scale,
        Optional<PoseReference> pose,
        Optional<String> poseOf,
        Optional<QualityBounds> quality) {

    /** A view in which the part is found, or lies in its place. */
    public View(
            String name,
            int widthPx,
            int heightPx,
            PixelScale scale,
            Optional<PoseReference> pose,
            Optional<QualityBounds> quality) {
        this(name, widthPx, heightPx, scale, pose, Optional.empty(), quality);
    }

    public View {
        if (widthPx < 1 || heightPx < 1) {
            throw new IllegalArgumentException(
                    Views.about(name, "a picture of %d×%d is none".formatted(widthPx, heightPx)));
        }
        if (pose.isPresent() && !scale.isSquare()) {
            throw new IllegalArgumentException(Views.about(
                    name,
                    "a part is found in square pixels only, these are %s × %s µm; have the encoder give a line every %s µm, or leave 'pose' out"
                            .formatted(scale.micrometresX(), scale.micrometresY(), scale.micrometresX())));
        }
        if (pose.isPresent() && poseOf.isPresent()) {
            throw new IllegalArgumentException(
                    "view %s has a pose of its own and that of view %s; leave one out".formatted(name, poseOf.get()));
        }
    }

    /** True where the recipe names no views. */
    public boolean isOnly() {
        return name.equals(Views.ONLY);
    }
}

package goshawk.appliance.domain;

import java.util.List;
import java.util.Optional;

/**
 * By what the part's pose is found, and how far it may lie from nominal.
 *
 * @param features dark round bores, at least two with different centres
 * @param outline the part's straight-edged outline, a second witness
 * @param toleranceMm largest shift in x and in y, in mm, greater than 0
 * @param toleranceDegrees largest turn either way, in degrees, in (0, 45]
 */
public record PoseReference(
        List<Feature> features, Optional<Outline> outline, double toleranceMm, double toleranceDegrees) {

    /**
     * @param name unique in its recipe
     * @param centre in pixels of the nominal picture
     * @param diameterMm of the bore, greater than 0
     */
    public record Feature(String name, Point centre, double diameterMm) {
        public Feature {
            if (!(diameterMm > 0)) {
                throw new IllegalArgumentException("feature " + name + ": diameter must be above 0: " + diameterMm);
            }
        }
    }

    /**
     * An upright rectangle in the nominal picture.
     *
     * @param centre in pixels of the nominal picture
     * @param widthMm along x, greater than 0
     * @param heightMm along y, greater than 0
     */
    public record Outline(Point centre, double widthMm, double heightMm) {
        public Outline {
            if (!(widthMm > 0 && heightMm > 0)) {
                throw new IllegalArgumentException(
                        "outline must have a size above 0: %s × %s mm".formatted(widthMm, heightMm));
            }
        }
    }

    public PoseReference {
        features = List.copyOf(features);
        if (features.size() < 2) {
            throw new IllegalArgumentException("a pose needs two features, got " + features.size());
        }
        if (features.stream().map(Feature::centre).distinct().count() < features.size()) {
            throw new IllegalArgumentException("two features of the pose have the same centre");
        }
        if (!(toleranceMm > 0 && toleranceDegrees > 0 && toleranceDegrees <= 45)) {
            throw new IllegalArgumentException("pose tolerance must be above 0 mm and in (0, 45]°: %s mm, %s°"
                    .formatted(toleranceMm, toleranceDegrees));
        }
    }
}

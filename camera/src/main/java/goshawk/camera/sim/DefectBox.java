package goshawk.camera.sim;

/**
 * A defect in the pixels of the finished picture; {@code right} and {@code bottom} are exclusive. Tight: it holds every pixel that
 * the defect changes by {@link DefectLimits#BOX_LEVELS} or more. A bad label's box is the whole place of the label.
 *
 * @param code a {@link PartKind} code, or {@code obscured_bolt}, {@code obscured_surface}, {@code obscured_label}
 */
public record DefectBox(int left, int top, int right, int bottom, String code) {

    public DefectBox {
        if (left < 0 || top < 0 || right <= left || bottom <= top) {
            throw new IllegalArgumentException("not a box: x [%d, %d), y [%d, %d)".formatted(left, right, top, bottom));
        }
    }

    String json() {
        return "[%d,%d,%d,%d,\"%s\"]".formatted(left, top, right, bottom, code);
    }
}

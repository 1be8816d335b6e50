package goshawk.camera.sim;

/** From the part's frame to the picture's and back, and how tall things lean. Immutable. */
final class View {

    static final int WIDTH = 640;
    static final int HEIGHT = 480;
    static final double MM_PER_PIXEL = 0.09;

    final int width;
    final int height;
    final double pixelMm;
    final double cos;
    final double sin;
    private final double originX;
    private final double originY;
    private final double footX;
    private final double footY;
    private final double distance;

    /** The station's own picture. */
    View(PartPose pose, Scene.Optics optics) {
        this(pose, optics, WIDTH, HEIGHT);
    }

    View(PartPose pose, Scene.Optics optics, int width, int height) {
        this.width = width;
        this.height = height;
        Scene.Lens lens = optics.lens();
        pixelMm = MM_PER_PIXEL / lens.magnification();
        double angle = StrictMath.toRadians(pose.degrees());
        cos = StrictMath.cos(angle);
        sin = StrictMath.sin(angle);
        originX = width / 2.0 + pose.dxMm() / pixelMm;
        originY = height / 2.0 + pose.dyMm() / pixelMm;
        footX = toPartX(width / 2.0 + lens.centreXMm() / pixelMm, height / 2.0 + lens.centreYMm() / pixelMm);
        footY = toPartY(width / 2.0 + lens.centreXMm() / pixelMm, height / 2.0 + lens.centreYMm() / pixelMm);
        distance = lens.distanceMm();
    }

    double toPartX(double pixelX, double pixelY) {
        return (cos * (pixelX - originX) + sin * (pixelY - originY)) * pixelMm;
    }

    double toPartY(double pixelX, double pixelY) {
        return (cos * (pixelY - originY) - sin * (pixelX - originX)) * pixelMm;
    }

    double toPixelX(double partX, double partY) {
        return originX + (cos * partX - sin * partY) / pixelMm;
    }

    double toPixelY(double partX, double partY) {
        return originY + (sin * partX + cos * partY) / pixelMm;
    }

    /** Where a point {@code height} mm above (x, y) of the plate appears on it. */
    double leanX(double x, double height) {
        return x + (x - footX) * height / distance;
    }

    double leanY(double y, double height) {
        return y + (y - footY) * height / distance;
    }
}

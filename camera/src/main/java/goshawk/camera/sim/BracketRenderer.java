package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Circle;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Draws pictures of the bracket: 640 × 480 pixels of 90 µm, with known truth.
 *
 * <p>The same seed, index and options give the same bytes on every machine and in any order. Stateless: any thread.
 */
public final class BracketRenderer {

    /** Width of the picture, pixels. */
    public static final int WIDTH = View.WIDTH;

    /** Height of the picture, pixels. */
    public static final int HEIGHT = View.HEIGHT;

    /** µm per pixel in the plane of the plate. */
    public static final double MICROMETRES_PER_PIXEL = View.MM_PER_PIXEL * 1_000;

    /** Share of the bad parts that get a second defect where a less severe kind exists. */
    private static final double SECOND_DEFECT = 0.17;

    /** Tries with one size of defect before another size is drawn. */
    private static final int TRIES = 40;

    private static final int SIZES = 20;

    private BracketRenderer() {}

    /**
     * Renders part {@code index} of the shift {@code seed}.
     *
     * @param index 0 or more; parts do not depend on each other
     */
    public static SimulatedPart render(long seed, long index, RenderOptions options) {
        return again(seed, index, options, 0);
    }

    /**
     * The same part, laid before the camera once more: same metal, same defects and dirt, but another pose, light and noise. A
     * defect that is faint in the new light stays a defect.
     *
     * @param presentation 0 for the picture that {@link #render} draws
     */
    public static SimulatedPart again(long seed, long index, RenderOptions options, int presentation) {
        return under(SimulatedLight.BRIGHT, seed, index, options, presentation);
    }

    /**
     * The same part and pose under another light, as a station has it that takes several pictures of a part. What is true of the part
     * does not depend on the light.
     */
    public static SimulatedPart under(
            SimulatedLight light, long seed, long index, RenderOptions options, int presentation) {
        PartKind kind = options.mix().kindOf(seed, index);
        return render(light, seed, index, kind, options.nuisance(), options.writing(), presentation);
    }

    /** As with the usual options, but of one kind. */
    static SimulatedPart render(long seed, long index, PartKind kind, boolean nuisance) {
        double writing = new RenderOptions(KindMix.USUAL, nuisance).writing();
        return render(SimulatedLight.BRIGHT, seed, index, kind, nuisance, writing, 0);
    }

    private static SimulatedPart render(
            SimulatedLight light,
            long seed,
            long index,
            PartKind kind,
            boolean nuisance,
            double writing,
            int presentation) {
        var draw = new SceneDraw(seed, index);
        Scene good = draw.good(nuisance);
        List<Placed> placed = kind == PartKind.GOOD ? List.of() : defects(new Dice(seed, index, "defect"), good, kind);
        Scene shown = presentation == 0 ? good : draw.again(good, presentation);
        Scene scene = written(new Dice(seed, index, "writing"), writing, all(shown, placed), placed);
        var optics = light.over(shown.optics());
        Canvas canvas = painted(scene.seen(shown.pose(), optics), 0, 0, WIDTH, HEIGHT);
        byte[] rgb = Sensor.read(canvas, optics);
        var truth = new PartTruth(
                kind,
                placed.stream()
                        .map(one -> presentation == 0 ? one.box() : box(one, shown))
                        .toList(),
                shown.pose(),
                LegibleCode.of(scene),
                scene.writings().stream().map(Writing::text).findFirst().orElse(""));
        return new SimulatedPart(rgb, WIDTH, HEIGHT, truth);
    }

    /** Where the defect is in another picture of its part; where it was when it hardly shows there. */
    private static DefectBox box(Placed placed, Scene shown) {
        return compare(shown, placed.defect()).map(Placed::box).orElse(placed.box());
    }

    private static Scene written(Dice dice, double share, Scene scene, List<Placed> placed) {
        if (!dice.chance(share)) {
            return scene;
        }
        List<Circle> taken = placed.stream().map(one -> one.defect().bounds()).toList();
        return Writing.draw(dice, taken).map(scene::withWriting).orElse(scene);
    }

    /** A defect and where it shows. */
    record Placed(Defect defect, DefectBox box) {}

    static List<Placed> defects(Dice dice, Scene good, PartKind kind) {
        Placed first = seen(dice, good, kind, List.of())
                .orElseThrow(
                        () -> new IllegalStateException("no visible %s in %d tries".formatted(kind, SIZES * TRIES)));
        List<PartKind> milder = Arrays.stream(PartKind.values())
                .filter(other -> other != PartKind.GOOD && other.compareTo(kind) < 0)
                .toList();
        if (kind == PartKind.OBSCURED || milder.isEmpty() || !dice.chance(SECOND_DEFECT)) {
            return List.of(first);
        }
        return seen(dice, first.defect().onto().apply(good), dice.pick(milder), List.of(first))
                .map(second -> List.of(first, second))
                .orElse(List.of(first));
    }

    /** Draws defects until one shows clearly enough beside the others. */
    private static Optional<Placed> seen(Dice dice, Scene scene, PartKind kind, List<Placed> others) {
        for (int size = 0; size < SIZES; size++) {
            var draw = new DefectDraw(dice, scene);
            for (int i = 0; i < TRIES; i++) {
                Defect defect = draw.draw(kind);
                if (others.stream().noneMatch(other -> other.defect().bounds().meets(defect.bounds()))) {
                    Optional<Placed> placed = compare(scene, defect);
                    if (placed.isPresent()) {
                        return placed;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Scene all(Scene good, List<Placed> placed) {
        Scene scene = good;
        for (Placed one : placed) {
            scene = one.defect().onto().apply(scene);
        }
        return scene;
    }

    /** Paints the window around the defect with and without it; empty when the difference is too faint to be asked for. */
    private static Optional<Placed> compare(Scene scene, Defect defect) {
        var view = new View(scene.pose(), scene.optics());
        var bounds = defect.bounds();
        double x = view.toPixelX(bounds.x(), bounds.y());
        double y = view.toPixelY(bounds.x(), bounds.y());
        double reach = bounds.radius() / view.pixelMm + 2;
        int left = Math.max(0, (int) (x - reach));
        int top = Math.max(0, (int) (y - reach));
        int right = Math.min(WIDTH, (int) (x + reach) + 1);
        int bottom = Math.min(HEIGHT, (int) (y + reach) + 1);
        Canvas without = painted(scene, left, top, right, bottom);
        Canvas with = painted(defect.onto().apply(scene), left, top, right, bottom);
        var difference = Difference.between(without, with);
        if (difference.seenPixels() < DefectLimits.SEEN_PIXELS) {
            return Optional.empty();
        }
        DefectBox box = difference.box(defect.code());
        if (defect.kind() == PartKind.BAD_LABEL) {
            box = difference.box(defect.code(), labelPlace(view));
        }
        return Optional.of(new Placed(defect, box));
    }

    /** The label's nominal place in the picture: left, top, right, bottom. */
    private static int[] labelPlace(View view) {
        double left = Double.MAX_VALUE;
        double top = Double.MAX_VALUE;
        double right = 0;
        double bottom = 0;
        for (int corner = 0; corner < 4; corner++) {
            double x = Bracket.LABEL_X + (corner % 2 == 0 ? -1 : 1) * Bracket.LABEL_HALF_WIDTH;
            double y = Bracket.LABEL_Y + (corner < 2 ? -1 : 1) * Bracket.LABEL_HALF_HEIGHT;
            left = Math.min(left, view.toPixelX(x, y));
            right = Math.max(right, view.toPixelX(x, y));
            top = Math.min(top, view.toPixelY(x, y));
            bottom = Math.max(bottom, view.toPixelY(x, y));
        }
        return new int[] {
            (int) Math.max(0, left),
            (int) Math.max(0, top),
            (int) Math.min(WIDTH, right + 1),
            (int) Math.min(HEIGHT, bottom + 1)
        };
    }

    /** Paints a window of the scene, up to the levels that the sensor would see without noise. */
    static Canvas painted(Scene scene, int left, int top, int right, int bottom) {
        var view = new View(scene.pose(), scene.optics());
        int margin = Sensor.BLUR_REACH;
        // A frame around the window, so that the blur meets real neighbours; the picture's own edge has none.
        int outerLeft = Math.max(0, left - margin);
        int outerTop = Math.max(0, top - margin);
        int outerRight = Math.min(WIDTH, right + margin);
        int outerBottom = Math.min(HEIGHT, bottom + margin);
        Canvas canvas = lit(scene, view, outerLeft, outerTop, outerRight, outerBottom);
        Sensor.expose(canvas, scene.optics());
        return canvas.cut(left, top, right, bottom);
    }

    /** Paints a window of the scene as light, before lens and sensor. */
    static Canvas lit(Scene scene, View view, int left, int top, int right, int bottom) {
        var canvas = new Canvas(view, left, top, right, bottom);
        var lamps = new Lamps(view, scene.optics());
        new PlatePainter(canvas, lamps, scene).paint();
        new LabelPainter(canvas, lamps).paint(scene.label());
        scene.writings().forEach(new WritingPainter(canvas, lamps)::paint);
        var bolts = new BoltPainter(canvas, lamps);
        for (int i = 0; i < Bracket.BOLTS.length; i++) {
            bolts.paint(
                    scene.bolts().get(i),
                    Bracket.BOLTS[i][0],
                    Bracket.BOLTS[i][1],
                    scene.plate().tint());
        }
        var loose = new LoosePainter(canvas, lamps);
        loose.paint(scene.nuisance());
        scene.covers().forEach(loose::paint);
        return canvas;
    }
}

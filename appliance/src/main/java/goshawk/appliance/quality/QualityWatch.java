package goshawk.appliance.quality;

import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.QualityBounds.Range;
import goshawk.appliance.domain.QualityState;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.Frame;
import goshawk.camera.PictureQuality;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.quality.DirtMap;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees pictures get worse before they cost parts. The first pictures that the recipe's bounds allow are the commissioning and are
 * kept in a file; from then on each measure is smoothed, and an alarm says when it has gone half of the way from the commissioning
 * to its bound. Whoever has cleaned the lens or changed the lamp deletes the file: the next pictures commission the station anew.
 *
 * <p>Of the line's thread, but for {@link #state()}.
 */
public final class QualityWatch {

    private static final Logger log = LoggerFactory.getLogger(QualityWatch.class);

    /** A picture's weight among those before it: about the last forty count. */
    private static final double SHARE = 0.05;

    /** Of the way to the bound; less ends an alarm, so that it does not flicker. */
    private static final double ALARM = 0.5;

    private static final double ALL_CLEAR = 0.4;

    private final Path file;
    private final String recipe;
    private final QualityBounds bounds;
    private final InstantSource clock;
    private final DirtMap dirt;
    private final Map<Measure, Double> means = new EnumMap<>(Measure.class);
    private final Map<Measure, Double> recent = new EnumMap<>(Measure.class);
    private final Map<Measure, String> alarms = new EnumMap<>(Measure.class);
    private int commissioned;
    private volatile QualityState state;

    private QualityWatch(Path file, String recipe, QualityBounds bounds, InstantSource clock, DirtMap dirt) {
        this.file = file;
        this.recipe = recipe;
        this.bounds = bounds;
        this.clock = clock;
        this.dirt = dirt;
        this.commissioned = dirt.isCommissioned() ? DirtMap.COMMISSIONING : 0;
        this.state = new QualityState(left(), recent, alarms);
    }

    /**
     * Goes on from the commissioning that {@code data} has of this view of the recipe; begins one where there is none that fits.
     *
     * @param data the station's folder
     * @param recipe its id
     * @param bounds the view's
     */
    public static QualityWatch open(Path data, String recipe, View view, QualityBounds bounds, InstantSource clock) {
        String name = view.isOnly() ? recipe : recipe + "." + view.name();
        Path file = data.resolve("pictures-of-" + name + ".json");
        try {
            Commissioning kept = Commissioning.read(file);
            if (kept.cells().widthPx() == view.widthPx() && kept.cells().heightPx() == view.heightPx()) {
                var watch = new QualityWatch(file, recipe, bounds, clock, DirtMap.of(kept.cells()));
                watch.means.putAll(kept.means());
                return watch;
            }
            log.warn("{} is of a camera of another size; the station is commissioned anew", file);
        } catch (NoSuchFileException e) {
            log.info("the next {} good pictures commission the station", DirtMap.COMMISSIONING);
        } catch (IOException | IllegalArgumentException e) {
            log.warn("{} cannot be read; the station is commissioned anew", file, e);
        }
        return new QualityWatch(file, recipe, bounds, clock, new DirtMap(view.widthPx(), view.heightPx()));
    }

    /** Those of all views that the recipe bounds, by name. */
    public static Map<String, QualityWatch> ofAll(Path data, Recipe recipe, InstantSource clock) {
        Map<String, QualityWatch> watches = new TreeMap<>();
        for (View view : recipe.views()) {
            view.quality().ifPresent(bounds -> watches.put(view.name(), open(data, recipe.id(), view, bounds, clock)));
        }
        return watches;
    }

    /** Asked by any thread. */
    public QualityState state() {
        return state;
    }

    /** The same, with what is known of the lens after this picture. */
    PictureQuality seen(Frame frame, PictureQuality measured) {
        boolean isGood = bounds.shortfalls(measured).isEmpty();
        if (isGood) {
            dirt.add(frame); // what a blurred or dark picture says about the lens is not true
        }
        PictureQuality quality = measured.withDirt(dirt.dirt());
        if (commissioned < DirtMap.COMMISSIONING) {
            if (isGood) {
                commission(quality);
            }
        } else {
            follow(quality);
        }
        state = new QualityState(left(), recent, alarms);
        return quality;
    }

    private int left() {
        return DirtMap.COMMISSIONING - commissioned;
    }

    private void commission(PictureQuality quality) {
        commissioned++;
        for (Measure measure : Measure.values()) {
            double mean = means.getOrDefault(measure, 0.0);
            means.put(measure, mean + (quality.of(measure) - mean) / commissioned);
        }
        if (left() == 0) {
            var kept = new Commissioning(
                    Commissioning.FORMAT, recipe, clock.instant().toString(), dirt.commissioning(), means);
            try {
                kept.write(file);
                log.info("the station is commissioned: {}", file);
            } catch (IOException e) {
                log.error("{} cannot be written; the station will be commissioned anew at its next start", file, e);
            }
        }
    }

    private void follow(PictureQuality quality) {
        bounds.ranges().forEach((measure, range) -> {
            double value = quality.of(measure);
            double smooth = recent.merge(measure, value, (known, now) -> known + SHARE * (now - known));
            double mean = means.getOrDefault(measure, smooth);
            double used = used(range, mean, smooth);
            if (used >= ALARM && !alarms.containsKey(measure)) {
                String words = words(measure, range, mean, smooth);
                alarms.put(measure, words);
                log.warn("{}", words);
            } else if (used < ALL_CLEAR && alarms.remove(measure) != null) {
                log.info("{} is well again", measure.key());
            }
        });
    }

    /** Of the way from the commissioning to the nearer bound; above 1 beyond it. */
    private static double used(Range range, double mean, double now) {
        return Math.max(used(mean, range.most(), now), used(-mean, -range.least(), -now));
    }

    private static double used(double mean, double most, double now) {
        if (Double.isInfinite(most)) {
            return 0;
        }
        return now >= most ? 1 : Math.max(0, now - mean) / (most - Math.min(mean, now));
    }

    private static String words(Measure measure, Range range, double mean, double now) {
        boolean rises = now > mean;
        return String.format(
                Locale.ROOT,
                "%s has gone from %.3g to %.3g, at %.3g pictures are no longer judged; %s",
                measure.key(),
                mean,
                now,
                rises ? range.most() : range.least(),
                remedy(measure, rises));
    }

    private static String remedy(Measure measure, boolean rises) {
        return switch (measure) {
            case BLUR -> "look at focus, mount and window";
            case SMEAR -> "look at exposure time and belt";
            case BRIGHTNESS -> rises ? "look for other light" : "look at lamps and aperture";
            case CONTRAST -> "look at lamps and window";
            case CLIPPED -> "look for glare and exposure time";
            case CRUSHED -> "look at lamps and exposure time";
            case DIRT -> "clean lens and window";
        };
    }
}

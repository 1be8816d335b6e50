package goshawk.camera.sim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What happens in one clip: where the driver's tip is at any time, and when each bolt comes down. Times in seconds after the first
 * frame, places in mm of the part frame.
 *
 * @param fits the bolts that are brought, in the order in which they come
 * @param path of the tip, by time; the tip is out of the picture before the first and after the last
 * @param worker whose hand it is
 * @param sweeps hands that pass through without a tool
 * @param drift of the light
 */
record Assembly(List<Fit> fits, List<Key> path, Worker worker, List<Sweep> sweeps, Drift drift) {

    /**
     * One bolt, which hangs on the tip from {@code takenAt} to {@code landsAt}, is driven, and sits at {@code seatedAt}. A clip may end
     * before that.
     *
     * @param bolt index into {@link Bracket#BOLTS}
     */
    record Fit(int bolt, double takenAt, double landsAt, double seatedAt) {}

    /** The tip is at (x, y) at that time; it moves smoothly between two of these. */
    record Key(double at, double x, double y) {}

    /**
     * @param towards direction from the tip to the hand, radians
     * @param glove or skin
     * @param bent angle between tool and arm
     */
    record Worker(double towards, Tint body, Tint glove, Tint sleeve, double bent, double thick, double offset) {}

    /** A hand with nothing in it, from one place to another. */
    record Sweep(double from, double to, double startX, double startY, double endX, double endY, double towards) {}

    /**
     * @param light relative change of the light
     * @param period of that change, seconds
     * @param shakeAtRest of the picture, pixels
     * @param shakeDriving likewise, while the driver runs
     */
    record Drift(double light, double period, double phase, double shakeAtRest, double shakeDriving) {}

    Assembly {
        fits = List.copyOf(fits);
        path = List.copyOf(path);
        sweeps = List.copyOf(sweeps);
    }

    /** Draws what happens in {@code seconds}. */
    static Assembly draw(Dice dice, double seconds) {
        Worker worker = worker(dice);
        List<Fit> fits = new ArrayList<>();
        List<Key> path = new ArrayList<>();
        course(dice, worker, seconds, fits, path);
        List<Sweep> sweeps = new ArrayList<>();
        if (dice.chance(0.35)) {
            sweeps.add(sweep(dice, seconds));
        }
        var drift = new Drift(
                dice.between(0, 0.08),
                dice.between(1.5, 12),
                dice.angle(),
                dice.between(0, 0.2),
                dice.between(0.2, 0.9));
        return new Assembly(fits, path, worker, sweeps, drift);
    }

    private static Worker worker(Dice dice) {
        return new Worker(
                Math.PI / 2 + dice.around(0, 1.3),
                dice.pick(List.of(
                                new Tint(0.5, 0.32, 0.03),
                                new Tint(0.03, 0.12, 0.35),
                                new Tint(0.4, 0.05, 0.04),
                                Tint.grey(0.06)))
                        .drifted(dice, 0.15),
                dice.pick(List.of(
                                new Tint(0.5, 0.3, 0.22),
                                new Tint(0.22, 0.12, 0.08),
                                new Tint(0.05, 0.1, 0.3),
                                Tint.grey(0.08),
                                Tint.grey(0.5)))
                        .drifted(dice, 0.12),
                dice.pick(List.of(new Tint(0.06, 0.08, 0.16), Tint.grey(0.3), new Tint(0.1, 0.2, 0.12)))
                        .drifted(dice, 0.2),
                dice.around(0, 0.5),
                dice.between(0.9, 1.15),
                dice.between(0, 200));
    }

    private static void course(Dice dice, Worker worker, double seconds, List<Fit> fits, List<Key> path) {
        int count = dice.pick(List.of(0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4));
        List<Stop> stops = stops(dice, count);
        double needed = stops.stream().mapToDouble(Stop::seconds).sum();
        double room = seconds - 0.3;
        double pace = Math.min(1, room / Math.max(needed, 1e-9));
        double[] pauses = pauses(dice, stops.size() + 1, room - needed * pace);
        boolean cutOff = dice.chance(0.12);
        double[] away = away(worker);
        double now = 0.1 + pauses[0];
        for (int i = 0; i < stops.size(); i++) {
            Stop stop = stops.get(i);
            double[] place = Bracket.BOLTS[stop.bolt()];
            double arrive = now + stop.approach() * pace;
            double leave = arrive + (stop.stay() + stop.lag()) * pace;
            if (stop.fits()) {
                boolean never = cutOff && i == stops.size() - 1;
                double seated = never ? seconds + 1 : arrive + stop.stay() * pace;
                leave = never ? seconds + 1 : leave;
                fits.add(new Fit(stop.bolt(), now, arrive, seated));
            }
            path.add(new Key(now, away[0] + dice.around(0, 6), away[1]));
            path.add(new Key(arrive, place[0], place[1]));
            path.add(new Key(leave, place[0], place[1]));
            now = leave + stop.retreat() * pace;
            path.add(new Key(now, away[0] + dice.around(0, 6), away[1]));
            now += pauses[i + 1];
        }
    }

    /** Where the tip waits, far enough out for the hand to be out of the picture. */
    private static double[] away(Worker worker) {
        return new double[] {58 * StrictMath.cos(worker.towards()), 58 * StrictMath.sin(worker.towards())};
    }

    /**
     * The driver at one bolt.
     *
     * @param fits whether it brings a bolt, or only hovers over the hole or the bolt that is there
     * @param lag from the bolt's seat to the lifting of the tool
     */
    private record Stop(int bolt, boolean fits, double approach, double stay, double lag, double retreat) {
        double seconds() {
            return approach + stay + lag + retreat;
        }
    }

    private static List<Stop> stops(Dice dice, int count) {
        List<Integer> order = new ArrayList<>();
        List<Double> lots = new ArrayList<>();
        for (int i = 0; i < Bracket.BOLTS.length; i++) {
            order.add(i);
            lots.add(dice.unit());
        }
        order.sort(Comparator.comparing(lots::get));
        List<Stop> stops = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            stops.add(stop(dice, order.get(i), true));
        }
        if (dice.chance(0.25)) {
            stops.add(dice.below(stops.size() + 1), stop(dice, dice.below(Bracket.BOLTS.length), false));
        }
        return stops;
    }

    private static Stop stop(Dice dice, int bolt, boolean fits) {
        return new Stop(
                bolt,
                fits,
                dice.between(0.3, 0.6),
                fits ? dice.between(0.45, 1.0) : dice.between(0.1, 0.4),
                dice.between(0.02, 0.2),
                dice.between(0.25, 0.5));
    }

    /** {@code count} pauses that fill {@code room}. */
    private static double[] pauses(Dice dice, int count, double room) {
        var pauses = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            pauses[i] = dice.between(0.05, 1);
            sum += pauses[i];
        }
        for (int i = 0; i < count; i++) {
            pauses[i] *= Math.max(0, room) / sum;
        }
        return pauses;
    }

    private static Sweep sweep(Dice dice, double seconds) {
        double start = dice.between(0, seconds - 0.5);
        double side = dice.chance(0.5) ? 1 : -1;
        double towards = Math.PI / 2 + dice.around(0, 0.5);
        return new Sweep(
                start,
                start + dice.between(0.5, 1.5),
                side * 60,
                dice.around(12, 14),
                -side * 60,
                dice.around(12, 14),
                towards);
    }

    /** Where the tip is: x, y. */
    double[] tip(double at) {
        if (path.isEmpty()) {
            return away(worker);
        }
        Key before = path.getFirst();
        for (Key key : path) {
            if (key.at() > at) {
                double span = key.at() - before.at();
                double share = span <= 0 ? 1 : Math.clamp((at - before.at()) / span, 0, 1);
                double smooth = share * share * (3 - 2 * share);
                return new double[] {
                    before.x() + (key.x() - before.x()) * smooth, before.y() + (key.y() - before.y()) * smooth
                };
            }
            before = key;
        }
        return new double[] {before.x(), before.y()};
    }

    /** What is true of a clip of {@code seconds}, by time. */
    List<SimulatedClip.Event> events(double seconds) {
        return fits.stream()
                .filter(fit -> fit.seatedAt() < seconds)
                .map(fit -> new SimulatedClip.Event("bolt " + (fit.bolt() + 1), fit.seatedAt()))
                .toList();
    }
}

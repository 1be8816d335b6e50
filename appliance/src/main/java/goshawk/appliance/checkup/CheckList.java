package goshawk.appliance.checkup;

import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.checkup.Measured.OfCamera;
import goshawk.appliance.checkup.Measured.OfView;
import goshawk.appliance.domain.View;
import goshawk.camera.CameraState;
import goshawk.camera.Cause;
import goshawk.camera.Matching;
import goshawk.camera.PixelScale;
import goshawk.camera.Signals;
import goshawk.camera.SourceReport;
import goshawk.camera.aravis.LinkCheck;
import goshawk.camera.aravis.PtpClock;
import goshawk.camera.aravis.StreamCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Judges what was measured of a source, as the bounds in {@code docs/cameras.md} say. Pure. */
public final class CheckList {

    /** Cores. A line has the engine, the record and the page to do besides. */
    private static final double MANY_CORES = 0.5;

    private static final double TOO_MANY_CORES = 1;

    /** Of the middle interval: a camera that runs by itself is more even than that, if nothing is lost or held up. */
    private static final double MOST_UNEVEN = 1.5;

    private static final String CLOCK = "clock";

    /** Packets that every switch carries. */
    private static final int USUAL_MTU = 1_500;

    private CheckList() {}

    /** What triggers the source, as far as it matters for what its pictures are to be like. */
    public sealed interface Triggering {

        /** The source itself, as folders and simulations do. */
        record Own() implements Triggering {}

        /** Nobody: a camera runs by itself, and the line takes a picture a takt. */
        record Free() implements Triggering {}

        /**
         * Parts do.
         *
         * @param matching how a picture finds its trigger
         * @param runsFree true of a camera that runs by itself all the same
         */
        record ByParts(Matching matching, boolean runsFree) implements Triggering {}
    }

    /**
     * The way of a GenICam camera's pictures.
     *
     * @param granted bytes that the kernel gave to a socket that asked for enough; empty where that could not be tried
     * @param readsRing true when this process may read the interface's ring, and the socket's buffer does not matter
     */
    public static List<Check> link(LinkCheck link, Optional<Integer> granted, boolean readsRing) {
        if (link.packetSize().isEmpty()) {
            String why = "not measured: on USB there are neither packets nor sockets";
            return List.of(Check.none("packet size", why), Check.none("socket buffer", why));
        }
        return List.of(packetSize(link, link.packetSize().get()), socketBuffer(link, granted, readsRing));
    }

    private static Check packetSize(LinkCheck link, int packet) {
        String name = "packet size";
        if (link.mtu().isEmpty()) {
            return Check.warn(
                    name,
                    "%d bytes; no interface of this machine is in the camera's subnet".formatted(packet),
                    "one that is, and no router between",
                    "give an interface an address in the camera's subnet: ip address add ADDRESS/24 dev INTERFACE");
        }
        int mtu = link.mtu().get();
        String measured = "%d bytes, this machine's interface carries %d".formatted(packet, mtu);
        if (packet > mtu) {
            return Check.fail(
                    name,
                    measured,
                    "at most the interface's",
                    "ip link set dev INTERFACE mtu %d, and the same in the switch; or the feature GevSCPSPacketSize: %d"
                            .formatted(packet, mtu));
        }
        return Check.of(
                name,
                packet > USUAL_MTU || mtu <= USUAL_MTU,
                Result.WARN,
                measured,
                "as large as interface and switch carry",
                "if the switch carries them: the feature GevSCPSPacketSize: %d".formatted(Math.min(mtu, 9_000)));
    }

    private static Check socketBuffer(LinkCheck link, Optional<Integer> granted, boolean readsRing) {
        String name = "socket buffer";
        int wanted = link.wantedSocketBuffer();
        if (granted.isEmpty()) {
            return Check.none(name, "not measured: no socket could be opened to try it");
        }
        String measured = "granted %d of the %d bytes that were asked for; a picture has %d"
                .formatted(granted.get(), wanted, link.payload());
        String bound = "all of them";
        if (granted.get() >= wanted) {
            return Check.ok(name, measured, bound);
        }
        String remedy = "sysctl -w net.core.rmem_max=%d (now %s), and into /etc/sysctl.d/ to keep it"
                .formatted(wanted, link.socketBuffer().map(Object::toString).orElse("unknown"));
        if (readsRing) {
            measured += "; this process may read the interface's ring instead (CAP_NET_RAW)";
        }
        return granted.get() < link.payload() && !readsRing
                ? Check.fail(name, measured, bound, remedy)
                : Check.warn(name, measured, bound, remedy);
    }

    /** One of several cameras that could not be asked what it is and how its pictures come. */
    public static Check unanswered(String camera, String why) {
        return Check.fail("camera", "%s did not answer".formatted(camera), "there, and nobody else's", why);
    }

    /**
     * A GenICam camera's clock.
     *
     * @param told what it says of PTP; empty where it says nothing
     * @param isWanted true when the station switches PTP on
     */
    public static Check clock(Optional<PtpClock> told, boolean isWanted) {
        if (told.isEmpty()) {
            return Check.none(
                    CLOCK,
                    isWanted
                            ? "the station switches PTP on, and the camera does not tell whether it follows"
                            : "its own: it offers no PTP; pictures' times are set against this machine's as they arrive");
        }
        PtpClock clock = told.get();
        if (!isWanted) {
            return Check.none(CLOCK, "PTP %s; offered, and not asked for by the station".formatted(clock.words()));
        }
        return Check.of(
                CLOCK,
                clock.isCommon(),
                Check.Result.FAIL,
                "PTP %s".formatted(clock.words()),
                "Slave or Master where the station switches PTP on",
                "run a PTP master in this network (ptp4l), with a switch that lets PTP through; a camera takes some seconds to follow");
    }

    /** @param why the camera could not be asked for its clock */
    public static Check unaskedClock(String why) {
        return Check.none(CLOCK, "not asked: " + why);
    }

    /** What triggers all of the station's cameras, and what watching them takes. */
    public static List<Check> station(Measured measured, Triggering triggering) {
        List<Check> checks = new ArrayList<>();
        checks.add(triggers(measured));
        OfCamera leading = measured.cameras().firstEntry().getValue();
        leading.after().signals().ifPresent(now -> checks.add(signals(leading, now)));
        if (triggering instanceof Triggering.ByParts(var matching, var _)) {
            checks.add(jitter(measured, matching));
        }
        checks.add(processor(measured, triggering));
        return checks;
    }

    /** What arrived from one camera in {@code watched}. */
    public static List<Check> camera(OfCamera camera, Duration watched, Duration takt, Triggering triggering) {
        List<Check> checks = new ArrayList<>();
        camera.after().connection().ifPresent(now -> checks.add(connection(camera, now)));
        checks.add(losses(camera, watched));
        camera.after().lines().ifPresent(now -> checks.add(lines(camera, now)));
        checks.addAll(times(camera, watched, takt, triggering));
        return checks;
    }

    /**
     * What became of one view.
     *
     * @param triggers with and without its picture
     */
    public static List<Check> view(OfView seen, long triggers, View view, Duration takt) {
        List<Check> checks = new ArrayList<>();
        if (!view.isOnly() && triggers > 0) { // what is missing of the only view, the triggers say
            checks.add(missing(seen, triggers));
        }
        checks.add(size(seen, view));
        seen.delays()
                .filter(it -> it.most() > 0) // 0 where the picture is the trigger
                .ifPresent(it -> checks.add(delay(it, takt)));
        return checks;
    }

    private static Check size(OfView seen, View view) {
        String wanted = "%d×%d".formatted(view.widthPx(), view.heightPx());
        if (seen.sizes().isEmpty()) {
            return Check.none("picture size", "not measured: no trigger had its picture");
        }
        String sizes = seen.sizes().entrySet().stream()
                .map(it -> "%s (%d pictures)".formatted(it.getKey(), it.getValue()))
                .collect(Collectors.joining(", "));
        return Check.of(
                "picture size",
                seen.sizes().keySet().equals(Set.of(wanted)),
                Result.FAIL,
                sizes,
                wanted + ", the recipe's",
                "set the camera to it (features Width and Height), or camera.width and camera.height of the recipe to the camera");
    }

    private static Check missing(OfView seen, long triggers) {
        String said = "%d of %d triggers without this view".formatted(seen.missing(), triggers);
        return Check.of(
                "missing",
                seen.missing() == 0,
                Result.FAIL,
                seen.detail().isEmpty() ? said : "%s, mostly: %s".formatted(said, seen.detail()),
                "none",
                "see its camera's lines, and 'within' of the station's trigger: docs/views.md");
    }

    private static Check triggers(Measured measured) {
        long missed = measured.missed();
        long all = measured.all();
        String causes = measured.misses().entrySet().stream()
                .map(it -> "%s %d".formatted(it.getKey(), it.getValue()))
                .collect(Collectors.joining(", "));
        String said = "%d triggers, %d without a picture%s"
                .formatted(all, missed, causes.isEmpty() ? "" : " (%s)".formatted(causes));
        if (all == 0) {
            return Check.fail(
                    "triggers",
                    said,
                    "some, each with its picture",
                    "run parts past the station; look at the wiring, or at docs/triggers.md for what triggers it");
        }
        return Check.of(
                "triggers",
                missed == 0,
                Result.FAIL,
                measured.detail().isEmpty() ? said : "%s, mostly: %s".formatted(said, measured.detail()),
                "each with its picture",
                measured.mostlyMissedBy().map(CheckList::missRemedy).orElse(""));
    }

    private static String missRemedy(Cause cause) {
        return switch (cause) {
            case CAMERA -> "see 'connection' and 'pictures lost'";
            case OVERRUN -> "leave more time from trigger to trigger: every frame was in use";
            default ->
                "look at what triggers the camera, at its exposure, and at 'match' and 'within' of the station's trigger: docs/triggers.md";
        };
    }

    private static Check connection(OfCamera camera, CameraState now) {
        long stalls = now.stalls()
                - camera.before().connection().map(CameraState::stalls).orElse(0L);
        long losses = now.losses()
                - camera.before().connection().map(CameraState::losses).orElse(0L);
        boolean isThere = now.condition() == CameraState.Condition.CONNECTED;
        return Check.of(
                "connection",
                isThere && stalls == 0 && losses == 0,
                Result.FAIL,
                "%s; losses %d, stalls %d%s"
                        .formatted(
                                now.condition().name().toLowerCase(Locale.ROOT),
                                losses,
                                stalls,
                                now.detail().isEmpty() ? "" : ": " + now.detail()),
                "connected all the time",
                "look at power supply, cable and plugs; let nobody else use the camera");
    }

    private static Check losses(OfCamera camera, Duration watched) {
        String name = "pictures lost";
        if (camera.after().stream().isEmpty()) {
            return Check.none(
                    name,
                    camera.after().connection().isPresent()
                            ? "not measured: this kind of camera does not number its pictures; what is lost shows as uneven intervals"
                            : "not measured: nothing is sent over a wire");
        }
        StreamCounters counted = camera.after().stream()
                .orElseThrow()
                .since(camera.before().stream().orElse(StreamCounters.NONE));
        long lost = counted.lost() + counted.incomplete() + counted.underruns() + counted.missingPackets();
        String said =
                "of %d: %d never came, %d came incomplete, %d had no buffer; packets missing %d, sent again %d; %.1f MB/s"
                        .formatted(
                                counted.pictures() + counted.incomplete() + counted.lost(),
                                counted.lost(),
                                counted.incomplete(),
                                counted.underruns(),
                                counted.missingPackets(),
                                counted.resentPackets(),
                                counted.bytes() / 1e6 / seconds(watched));
        if (lost == 0 && counted.pictures() == 0) {
            return Check.none(name, "not measured: no picture came");
        }
        if (lost == 0) {
            return Check.of(
                    name,
                    counted.resentPackets() == 0,
                    Result.WARN,
                    said,
                    "none, and nothing sent again",
                    "look at cable, switch and socket buffer: packets are lost on the way, though they could be had again");
        }
        return Check.fail(
                name,
                said,
                "none",
                "in this order: socket buffer, packet size, a pause between packets (GevSCPD), cable, switch; and ask for fewer pictures a second");
    }

    private static Check signals(OfCamera camera, Signals.Counts now) {
        Signals.Counts before = camera.before().signals().orElse(new Signals.Counts(0, 0, 0, 0, 0));
        long missed = now.missed() - before.missed();
        return Check.of(
                "signals",
                missed == 0,
                Result.FAIL,
                "%d accepted, %d debounced, %d repeated, %d missed by their number"
                        .formatted(
                                now.accepted() - before.accepted(),
                                now.bounced() - before.bounced(),
                                now.repeated() - before.repeated(),
                                missed),
                "none missed",
                "look at broker, network and controller: numbers were left out on the way");
    }

    private static Check lines(OfCamera camera, SourceReport.Lines now) {
        SourceReport.Lines before = camera.before().lines().orElse(SourceReport.Lines.NONE);
        long partial = now.partial() - before.partial();
        long lost = now.lost() - before.lost();
        return Check.of(
                "lines",
                partial == 0 && lost == 0,
                Result.FAIL,
                "%d pictures, %d partial; %d lines lost, %d seen again, the belt ran back %d times"
                        .formatted(
                                now.whole() - before.whole(),
                                partial,
                                lost,
                                now.seenAgain() - before.seenAgain(),
                                now.reversals() - before.reversals()),
                "none partial, none lost",
                "look at the belt's speed against rateKHz, at encoder and light barrier: docs/line-scan.md");
    }

    private static List<Check> times(OfCamera camera, Duration watched, Duration takt, Triggering triggering) {
        List<Check> checks = new ArrayList<>();
        switch (triggering) {
            case Triggering.Own() -> {}
            case Triggering.Free() -> {
                checks.add(rate(camera, watched, takt));
                checks.addAll(unevenness(camera));
            }
            case Triggering.ByParts(var _, var runsFree) -> {
                if (runsFree) {
                    checks.addAll(unevenness(camera));
                } else {
                    camera.exposures()
                            .ifPresent(it -> checks.add(
                                    Check.ok("exposures", it.words() + ", by the camera's clock", "the parts' own")));
                }
            }
        }
        return checks;
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    private static Check rate(OfCamera camera, Duration watched, Duration takt) {
        double rate = camera.arrived() / seconds(watched);
        double least = 1e9 / takt.toNanos();
        return Check.of(
                "picture rate",
                rate >= least,
                Result.FAIL,
                String.format(Locale.ROOT, "%.1f pictures/s", rate),
                String.format(Locale.ROOT, "at least %.2f, one a takt", least),
                "raise the camera's rate (AcquisitionFrameRate, shorter exposure), or the recipe's takt");
    }

    private static List<Check> unevenness(OfCamera camera) {
        List<Check> checks = new ArrayList<>();
        camera.exposures()
                .ifPresent(
                        it -> checks.add(
                                even(
                                        "exposures",
                                        it,
                                        "by the camera's clock",
                                        "ask for a rate that the camera can keep: look at its exposure time, packet pause (GevSCPD) and temperature")));
        boolean isUnevenBefore = camera.exposures().filter(it -> !isEven(it)).isPresent();
        camera.arrivals()
                .ifPresent(
                        it -> checks.add(
                                even(
                                        "arrivals",
                                        it,
                                        "by this machine's clock",
                                        isUnevenBefore
                                                ? "see 'exposures' first: what is taken unevenly arrives unevenly"
                                                : "look for what holds pictures up: a camera that keeps no rate, other load on network or processor, power saving of the network card")));
        if (checks.isEmpty()) {
            checks.add(Check.none("arrivals", "not measured: there were not two pictures"));
        }
        return checks;
    }

    private static Check even(String name, Spread spread, String clock, String remedy) {
        return Check.of(
                name,
                isEven(spread),
                Result.WARN,
                "%s, %s".formatted(spread.words(), clock),
                String.format(Locale.ROOT, "P99 at most %.1f × P50", MOST_UNEVEN),
                remedy);
    }

    private static boolean isEven(Spread spread) {
        return spread.p99() <= MOST_UNEVEN * spread.p50();
    }

    /** From part to part; two that follow each other too closely have pictures that cannot be told apart. */
    private static Check jitter(Measured measured, Matching matching) {
        String name = "trigger interval";
        if (measured.triggers().isEmpty()) {
            return Check.none(name, "not measured: there were not two triggers");
        }
        Spread spread = measured.triggers().get();
        Optional<Matching.ByTime> time = switch (matching) {
            case Matching.ByTime it -> Optional.of(it);
            case Matching.Agreed(var it) -> Optional.of(it);
            case Matching.ByNumber _, Matching.FirstAfter _ -> Optional.empty();
        };
        String said = "shortest %s, %s".formatted(Spread.ms(spread.least()), spread.words());
        if (time.isEmpty()) {
            return Check.ok(name, said, "the parts' own");
        }
        double least = 2 * (time.get().before().toNanos() + time.get().after().toNanos()) / 1e6;
        return Check.of(
                name,
                spread.least() > least,
                Result.FAIL,
                said,
                String.format(Locale.ROOT, "more than %.1f ms, twice what 'before' and 'after' allow", least),
                "part the parts, or narrow 'before' and 'after' of the station's trigger: docs/triggers.md");
    }

    private static Check delay(Spread spread, Duration takt) {
        double most = takt.toNanos() / 1e6;
        String name = "trigger to picture";
        String bound = String.format(Locale.ROOT, "P99 within half of the takt of %.0f ms", most);
        String remedy = "shorten exposure and way, or give the recipe a longer takt: the model needs the rest of it";
        if (spread.p99() > most) {
            return Check.fail(name, spread.words(), bound, remedy);
        }
        return Check.of(name, spread.p99() <= most / 2, Result.WARN, spread.words(), bound, remedy);
    }

    private static Check processor(Measured measured, Triggering triggering) {
        if (triggering instanceof Triggering.Own) {
            return Check.none("processor", "not measured: pictures are drawn or read from files, not received");
        }
        String said = String.format(Locale.ROOT, "%.0f %% of one core", 100 * measured.cores());
        String bound = String.format(Locale.ROOT, "at most %.0f %%", 100 * MANY_CORES);
        String remedy = "larger packets, fewer pictures a second, or Mono8 where colour tells nothing";
        if (measured.cores() > TOO_MANY_CORES) {
            return Check.fail("processor", said, bound, remedy);
        }
        return Check.of("processor", measured.cores() <= MANY_CORES, Result.WARN, said, bound, remedy);
    }

    /**
     * @param measured by a calibration that agrees with the recipe; empty where nobody has calibrated the camera
     * @param by who did it and when
     */
    public static Check scale(Optional<PixelScale> measured, String by, PixelScale recipe) {
        return measured.map(it -> Check.ok(
                        "scale",
                        String.format(
                                Locale.ROOT, "%.2f × %.2f µm a pixel, %s", it.micrometresX(), it.micrometresY(), by),
                        "the recipe's %s × %s within 2 %%".formatted(recipe.micrometresX(), recipe.micrometresY())))
                .orElseGet(() -> Check.warn(
                        "scale",
                        "the recipe says %s × %s µm a pixel; nobody has measured it"
                                .formatted(recipe.micrometresX(), recipe.micrometresY()),
                        "measured, and named as cameraCalibration",
                        "./goshawk camera calibrate --pattern checkerboard:9x6 --square-mm 5 PICTURES"));
    }

    /** @param why the calibration and the recipe contradict, with what is to be done */
    public static Check wrongScale(String why) {
        return Check.fail("scale", "the calibration is not the recipe's", "within 2 % of the recipe's", why);
    }
}

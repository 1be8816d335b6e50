package goshawk.appliance;

import goshawk.camera.CameraException;
import goshawk.camera.CameraWatch;
import goshawk.camera.CameraWatch.Counts;
import goshawk.camera.aravis.StreamCounters;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = {
            "Takes pictures as a line would and shows, second by second, how well they arrive.",
            "Ends with Ctrl-C or after --seconds. A camera that is lost is connected again."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:watched", "2:the camera was not there, or is somebody else's"})
final class CameraWatchCommand implements Callable<Integer> {

    private static final StreamCounters NOTHING = StreamCounters.NONE;
    private static final Duration RETRY = Duration.ofSeconds(1);

    @Mixin
    private CameraOptions camera = new CameraOptions();

    @Option(names = "--seconds", description = "How long after the warm-up; without it until Ctrl-C.")
    private long seconds = Long.MAX_VALUE;

    @Option(
            names = "--warm-up",
            description = "Seconds before the sum begins: the runtime compiles while it runs (${DEFAULT-VALUE}).")
    private long warmUp;

    /** What was reached when, to subtract from. */
    private record Mark(Counts counts, long atNanos, long cpuNanos) {

        static Mark now(Counts counts) {
            var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Mark(counts, System.nanoTime(), process.getProcessCpuTime());
        }

        String since(Mark before) {
            double took = (atNanos - before.atNanos) / 1e9;
            double cpu = (cpuNanos - before.cpuNanos) / 1e9;
            long frames = counts.frames() - before.counts.frames();
            StreamCounters link =
                    counts.link().orElse(NOTHING).since(before.counts.link().orElse(NOTHING));
            String common = "%6.1f pictures/s  %4d×%-4d  cpu %5.1f %% of a core"
                    .formatted(frames / took, counts.width(), counts.height(), 100 * cpu / took);
            return counts.link().isEmpty()
                    ? common
                    : common
                            + "  %6.1f MB/s  lost %d  incomplete %d  overtaken %d  no buffer %d  packets resent %d  missing %d"
                                    .formatted(
                                            link.bytes() / 1e6 / took,
                                            link.lost(),
                                            link.incomplete(),
                                            link.overtaken(),
                                            link.underruns(),
                                            link.resentPackets(),
                                            link.missingPackets());
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        CameraWatch first = camera.open();
        long end = seconds == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : System.nanoTime() + Duration.ofSeconds(warmUp + seconds).toNanos();
        watch(first, end);
        while (System.nanoTime() < end) {
            Thread.sleep(RETRY);
            try {
                watch(camera.open(), end);
            } catch (CameraException e) {
                System.out.println(e.getMessage());
            }
        }
        return ExitCode.OK;
    }

    /** Until the end, or until the camera is lost. */
    private void watch(CameraWatch opened, long end) {
        try (opened) {
            Mark begin = Mark.now(opened.watch(Duration.ofSeconds(warmUp)));
            Mark last = begin;
            while (System.nanoTime() < end) {
                Mark now = Mark.now(opened.watch(Duration.ofSeconds(1)));
                System.out.println(now.since(last));
                now.counts().fault().ifPresent(System.out::println);
                last = now;
            }
            System.out.println("total  " + last.since(begin));
        } catch (CameraException e) {
            System.out.println(e.getMessage() + "; trying again");
        }
    }
}

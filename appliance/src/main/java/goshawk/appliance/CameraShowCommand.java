package goshawk.appliance;

import goshawk.camera.aravis.AravisCamera;
import goshawk.camera.aravis.Feature;
import goshawk.camera.aravis.FeatureRange;
import goshawk.camera.aravis.GenicamCamera;
import goshawk.camera.aravis.LinkCheck;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "The features of a GenICam camera with their values and ranges, and what to change on its link.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:shown", "2:the camera is not there or does not answer"})
final class CameraShowCommand implements Callable<Integer> {

    @Parameters(paramLabel = "CAMERA", description = "Serial number, IP address or id; ./goshawk camera list has them.")
    private String id = "";

    @Override
    public Integer call() {
        if (id.startsWith("/")) {
            throw new CommandException(
                    "%s is a V4L2 device; its settings are shown by: v4l2-ctl -d %s --all (apt-get install -y v4l-utils)"
                            .formatted(id, id));
        }
        try (AravisCamera camera = AravisCamera.open(id)) {
            GenicamCamera found = camera.found();
            System.out.println(Stream.of(found.vendor(), found.model(), found.serial(), found.address())
                    .filter(it -> !it.isEmpty())
                    .distinct()
                    .collect(Collectors.joining(", ")));
            if (!camera.isInControl()) {
                System.out.println("Another program controls it now.");
            }
            System.out.println(camera.clock()
                    .map(it -> "Its clock's synchronisation (PTP): " + it.words())
                    .orElse("Its clock is its own: it offers no PTP."));
            LinkCheck.of(camera).advice().forEach(it -> System.out.println("Note: " + it));
            print(camera.features());
        }
        return ExitCode.OK;
    }

    private static void print(List<Feature> features) {
        int width = features.stream().mapToInt(it -> it.name().length()).max().orElse(0);
        String group = "";
        for (Feature feature : features) {
            if (!feature.category().equals(group)) {
                group = feature.category();
                System.out.println("\n" + group);
            }
            System.out.println(line(feature, width));
        }
    }

    private static String line(Feature feature, int width) {
        String range = switch (feature.access()) {
            case BOTH, WRITE -> feature.range().toString();
            case READ, NONE -> feature.access().words();
        };
        String value = feature.range() instanceof FeatureRange.Command
                ? ""
                : feature.value().orElse("-");
        return "  %%-%ds  %%-20s  %%s"
                .formatted(width)
                .formatted(feature.name(), value, range)
                .stripTrailing();
    }
}

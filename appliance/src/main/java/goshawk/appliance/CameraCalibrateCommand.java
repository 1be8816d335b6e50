package goshawk.appliance;

import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.calibration.CameraCalibration;
import goshawk.camera.calibration.CheckerboardCalibrator;
import goshawk.camera.calibration.CheckerboardCalibrator.Board;
import goshawk.camera.calibration.CheckerboardCalibrator.Picture;
import goshawk.camera.calibration.KnownDistances;
import goshawk.camera.calibration.KnownDistances.Distance;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "calibrate",
        mixinStandardHelpOptions = true,
        description = {
            "Finds out what a camera's pictures measure: µm per pixel, and its lens.",
            "From pictures of a checkerboard: in the first it lies flat where parts lie, in two more at least it is tilted"
                    + " and out at the corners. One picture gives the scale alone. Or from known distances in one picture:"
                    + " one gives square pixels, one along the rows and one down the columns give both sides.",
            "The station file names the result as 'cameraCalibration'."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the calibration is written", "2:it would be too poor, or cannot be made; nothing is written"
        })
final class CameraCalibrateCommand implements Callable<Integer> {

    private static final Pattern CHECKERBOARD = Pattern.compile("checkerboard:([0-9]{1,3})x([0-9]{1,3})");
    private static final Pattern PLACE = Pattern.compile("([0-9]{1,6}(?:\\.[0-9]+)?),([0-9]{1,6}(?:\\.[0-9]+)?)");

    @Option(
            names = "--pattern",
            paramLabel = "checkerboard:COLUMNSxROWS",
            description = "The board, by its inner corners, where four squares meet: checkerboard:9x6.")
    private Optional<String> pattern = Optional.empty();

    @Option(names = "--square-mm", description = "Side of one of its squares in mm.")
    private Optional<Double> squareMm = Optional.empty();

    @Option(names = "--distance-mm", description = "A known distance in mm; may be given more than once.")
    private List<Double> distancesMm = List.of();

    @Option(
            names = "--between",
            arity = "2",
            paramLabel = "X,Y",
            description = "The two pixels that the distance lies between, one pair for each.")
    private List<String> between = List.of();

    @Option(names = "--operator", description = "Who calibrates (the user of this machine).")
    private Optional<String> operator = Optional.empty();

    @Option(names = "--out", defaultValue = "camera.json", description = "File for the result (${DEFAULT-VALUE}).")
    private Path out = Path.of("");

    @Parameters(arity = "1..*", paramLabel = "PICTURE", description = "Pictures of one camera at one setting.")
    private List<Path> pictures = List.of();

    @Override
    public Integer call() {
        if (pattern.isPresent() == !distancesMm.isEmpty()) {
            throw new CommandException(
                    "say how to calibrate: either --pattern checkerboard:9x6 --square-mm 5, or --distance-mm 50 --between x1,y1 x2,y2");
        }
        CameraCalibration calibration = pattern.map(this::byBoard).orElseGet(this::byDistances);
        var file = CameraCalibrationFile.of(
                calibration, operator.orElseGet(() -> System.getProperty("user.name", "unknown")), Instant.now());
        file.write(out);
        System.out.print(said(calibration));
        System.out.printf(
                "Written to %s, %s by %s. Name it in the station file: cameraCalibration: %s%n",
                out, file.at(), file.operator(), out.getFileName());
        return 0;
    }

    private CameraCalibration byBoard(String written) {
        Matcher size = CHECKERBOARD.matcher(written);
        if (!size.matches()) {
            throw new CommandException(
                    "the pattern '%s' is not known; write checkerboard:9x6 for 9×6 inner corners".formatted(written));
        }
        double square = squareMm.orElseThrow(() -> new CommandException("say how large a square is: --square-mm 5"));
        var board = new Board(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)), square);
        List<Picture> read = new ArrayList<>();
        try {
            pictures.forEach(picture -> read.add(new Picture(picture.toString(), PictureFile.read(picture))));
            return new CheckerboardCalibrator(board).calibrate(read);
        } finally {
            read.forEach(picture -> picture.frame().close());
        }
    }

    private CameraCalibration byDistances() {
        if (between.size() != 2 * distancesMm.size() || pictures.size() != 1) {
            throw new CommandException(
                    "%d distances need as many --between x1,y1 x2,y2 and one picture, got %d places and %d pictures"
                            .formatted(distancesMm.size(), between.size(), pictures.size()));
        }
        List<Distance> distances = new ArrayList<>();
        for (int i = 0; i < distancesMm.size(); i++) {
            double[] from = place(between.get(2 * i));
            double[] to = place(between.get(2 * i + 1));
            distances.add(new Distance(distancesMm.get(i), from[0], from[1], to[0], to[1]));
        }
        try (Frame frame = PictureFile.read(pictures.getFirst())) {
            return KnownDistances.calibrate(frame.width(), frame.height(), distances);
        }
    }

    private static double[] place(String written) {
        Matcher place = PLACE.matcher(written);
        if (!place.matches()) {
            throw new CommandException("'%s' is no place; write x,y in pixels, like 120,80".formatted(written));
        }
        return new double[] {Double.parseDouble(place.group(1)), Double.parseDouble(place.group(2))};
    }

    private static String said(CameraCalibration calibration) {
        var evidence = calibration.evidence();
        String lens = calibration
                .lens()
                .map(it -> String.format(
                        Locale.ROOT,
                        "lens     focal length %.1f × %.1f px, centre %.1f, %.1f, distortion %s%n",
                        it.focalX(),
                        it.focalY(),
                        it.centreX(),
                        it.centreY(),
                        it.distortion().stream()
                                .map(one -> String.format(Locale.ROOT, "%.4f", one))
                                .toList()))
                .orElse("lens     not known: pictures are used as they are%n".formatted());
        return String.format(
                Locale.ROOT,
                "scale    %.3f µm per pixel along x, %.3f along y%n%serror    %.3f px rms, %.3f px at the worst, from %d pictures by %s%n",
                calibration.scale().micrometresX(),
                calibration.scale().micrometresY(),
                lens,
                evidence.rmsPx(),
                evidence.worstPx(),
                evidence.pictures(),
                evidence.method());
    }
}

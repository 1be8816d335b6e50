package goshawk.camera;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Clips as they lie on a disk: a folder with one picture a frame, in name order, or a film that FFmpeg reads. */
public final class ClipFile {

    private static final Set<String> FILMS = Set.of("mp4", "mkv", "avi", "mov", "webm", "m4v", "ts");

    private ClipFile() {}

    /**
     * The clips at a place, in name order: a film, a folder of frames, or a folder of either.
     *
     * @throws CameraException when there is none
     */
    public static List<Path> in(Path place) {
        if (Files.isRegularFile(place) || holdsFrames(place)) {
            return List.of(place);
        }
        List<Path> clips = list(place).stream()
                .filter(path -> isFilm(path) || (Files.isDirectory(path) && holdsFrames(path)))
                .toList();
        if (clips.isEmpty()) {
            throw new CameraException("no clip in %s; give a film (%s), a folder of frames, or a folder of such"
                    .formatted(place, String.join(", ", FILMS.stream().sorted().toList())));
        }
        return clips;
    }

    /**
     * Reads a clip at a frame rate of our choice. A folder's frames are taken to have been taken at that rate; of a film, the
     * frames nearest to the wanted times are kept.
     *
     * @param most frames; a longer clip is refused rather than cut
     * @throws CameraException when it cannot be read, has frames of different sizes or too many
     */
    public static Clip read(Path place, double framesPerSecond, int most) {
        return Files.isDirectory(place) ? frames(place, framesPerSecond, most) : film(place, framesPerSecond, most);
    }

    private static Clip frames(Path folder, double framesPerSecond, int most) {
        var collected = new Collected(String.valueOf(folder.getFileName()), most);
        for (Path file : list(folder)) {
            if (PictureFile.isPictureName(file)) {
                try (Frame frame = PictureFile.read(file)) {
                    collected.add(frame);
                }
            }
        }
        return collected.clip(framesPerSecond);
    }

    private static Clip film(Path file, double framesPerSecond, int most) {
        if (!Files.isRegularFile(file)) {
            throw new CameraException("clip " + file + " does not exist; check the path");
        }
        var collected = new Collected(String.valueOf(file.getFileName()), most);
        FfmpegPictureStream.load();
        try (var film = FfmpegPictureStream.open(
                "clip " + file, file.toString(), "", Map.of(), FfmpegPictureStream.Kind.FILM)) {
            double own = film.framesPerSecond();
            FramePool pool = film.pool();
            for (long index = 0; film.advance(); index++) {
                double wantedAt = collected.size() / framesPerSecond;
                if ((index + 0.5) / own > wantedAt) {
                    try (Frame frame = film.copy(pool).orElseThrow()) {
                        collected.add(frame);
                    }
                }
            }
        }
        return collected.clip(framesPerSecond);
    }

    /** The frames so far, all of one size. */
    private static final class Collected {

        private final String name;
        private final int most;
        private final List<byte[]> frames = new ArrayList<>();
        private int width;
        private int height;

        Collected(String name, int most) {
            this.name = name;
            this.most = most;
        }

        int size() {
            return frames.size();
        }

        void add(Frame frame) {
            if (frames.isEmpty()) {
                width = frame.width();
                height = frame.height();
            }
            if (frame.width() != width || frame.height() != height) {
                throw new CameraException("clip %s: a frame is %d×%d, the first is %d×%d"
                        .formatted(name, frame.width(), frame.height(), width, height));
            }
            if (frames.size() == most) {
                throw new CameraException(
                        "clip %s is longer than the %d frames that the recipe watches; cut it".formatted(name, most));
            }
            byte[] rgb = new byte[width * height * 3];
            System.arraycopy(frame.rgb(), 0, rgb, 0, rgb.length);
            frames.add(rgb);
        }

        Clip clip(double framesPerSecond) {
            if (frames.isEmpty()) {
                throw new CameraException("clip %s has no frame".formatted(name));
            }
            return new Clip(name, width, height, frames, framesPerSecond);
        }
    }

    private static boolean isFilm(Path file) {
        String name = String.valueOf(file.getFileName());
        return Files.isRegularFile(file)
                && FILMS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    private static boolean holdsFrames(Path folder) {
        return Files.isDirectory(folder) && list(folder).stream().anyMatch(PictureFile::isPictureName);
    }

    private static List<Path> list(Path folder) {
        try (var files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new CameraException("cannot read %s; does it exist, and may you read it?".formatted(folder), e);
        }
    }
}

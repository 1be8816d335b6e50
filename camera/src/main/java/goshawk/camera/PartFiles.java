package goshawk.camera;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The picture files of one part: {@code PART.png} where there is one view, {@code PART.VIEW.png} for each where views have names.
 *
 * @param part its name
 * @param files by view, in the order of the views; of views that are not there the file that was expected
 */
public record PartFiles(String part, SequencedMap<String, Path> files) {

    public PartFiles {
        files = new LinkedHashMap<>(files);
    }

    /**
     * The parts of a folder in the order of their names. Its own PNG, JPEG, BMP and TIFF files are taken, not those of its folders.
     *
     * @param views {@link Views#ONLY} alone, or the names of the views
     * @throws CameraException when there is no such folder, no picture in it, or one that is of none of the views
     */
    public static List<PartFiles> in(Path folder, List<String> views) {
        if (views.equals(List.of(Views.ONLY))) {
            return pictures(folder).stream().map(file -> of(file, views)).toList();
        }
        Map<String, Map<String, Path>> byPart = new TreeMap<>();
        for (Path file : pictures(folder)) {
            String stem = stem(file);
            String view = view(stem, views, file);
            byPart.computeIfAbsent(withoutView(stem, view), _ -> new LinkedHashMap<>())
                    .putIfAbsent(view, file);
        }
        List<PartFiles> parts = new ArrayList<>();
        byPart.forEach((part, there) ->
                parts.add(of(folder, part, suffix(there.values().iterator().next()), views, there)));
        return parts;
    }

    /** The files of the part that {@code picture} is named for: with views {@code part.png} stands for {@code part.VIEW.png}. */
    public static PartFiles of(Path picture, List<String> views) {
        Path folder = picture.toAbsolutePath().getParent();
        if (views.equals(List.of(Views.ONLY))) {
            SequencedMap<String, Path> only = new LinkedHashMap<>();
            only.put(Views.ONLY, picture);
            return new PartFiles(stem(picture), only);
        }
        return of(folder == null ? Path.of("") : folder, stem(picture), suffix(picture), views, Map.of());
    }

    private static PartFiles of(Path folder, String part, String suffix, List<String> views, Map<String, Path> there) {
        SequencedMap<String, Path> files = new LinkedHashMap<>();
        for (String view : views) {
            files.put(view, there.getOrDefault(view, folder.resolve(part + "." + view + suffix)));
        }
        return new PartFiles(part, files);
    }

    private static List<Path> pictures(Path folder) {
        try (var files = Files.list(folder)) {
            List<Path> pictures =
                    files.filter(PictureFile::isPictureName).sorted().toList();
            if (pictures.isEmpty()) {
                throw new CameraException(
                        "folder " + folder + " holds no picture; give one with PNG, JPEG, BMP or TIFF files");
            }
            return pictures;
        } catch (IOException e) {
            throw new CameraException("cannot read folder " + folder + "; check that it exists and its rights", e);
        }
    }

    private static String view(String stem, List<String> views, Path file) {
        return views.stream()
                .filter(view -> stem.length() > view.length() + 1 && stem.endsWith("." + view))
                .findFirst()
                .orElseThrow(() -> new CameraException("%s is of none of the views %s; name it PART.VIEW, like %s.%s"
                        .formatted(file, views, stem, views.getFirst() + suffix(file))));
    }

    private static String withoutView(String stem, String view) {
        return stem.substring(0, stem.length() - view.length() - 1);
    }

    private static String stem(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static String suffix(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(dot) : "";
    }

    /**
     * Reads one picture into a frame of {@code pool}; empty when all of its frames are out.
     *
     * @throws CameraException when it is missing, no picture, or a damaged one
     */
    Optional<PictureFile.Picture> read(String view, FramePool pool) {
        Path file = files.get(view);
        if (file == null || !Files.exists(file)) {
            throw new CameraException(file == null ? "there is no file of it" : file.getFileName() + " is not there");
        }
        return PictureFile.picture(file, pool);
    }

    /** Views whose file is not there, in words; empty when all are. */
    public List<String> missing() {
        return files.entrySet().stream()
                .filter(file -> !Files.exists(file.getValue()))
                .map(file -> Views.about(file.getKey(), file.getValue().getFileName() + " is not there"))
                .toList();
    }

    /** The first view's, for names and for what is known without looking. */
    public Path first() {
        return files.firstEntry().getValue();
    }

    /**
     * Reads the pictures, each into a frame of its own.
     *
     * @throws CameraException naming the view, when one is missing, no picture, or a damaged one
     */
    public Views read() {
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        try {
            files.forEach((view, file) -> frames.put(view, read(view, file)));
            return Views.of(frames);
        } catch (RuntimeException e) {
            frames.values().forEach(Frame::close);
            throw e;
        }
    }

    private static Frame read(String view, Path file) {
        try {
            return PictureFile.read(file);
        } catch (CameraException e) {
            throw view.equals(Views.ONLY)
                    ? e
                    : new CameraException(Views.about(view, String.valueOf(e.getMessage())), e);
        }
    }
}

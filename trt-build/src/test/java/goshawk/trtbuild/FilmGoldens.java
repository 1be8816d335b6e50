package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/** What {@code trt-build/goldens/make_film_goldens.py} wrote. */
final class FilmGoldens {

    private FilmGoldens() {}

    static Path file(String name) {
        return Goldens.folder("films").resolve(name);
    }

    static Path checkpoint() {
        return file("checkpoint");
    }

    static JsonNode json(String name) {
        try {
            return new ObjectMapper().readTree(file(name).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Numbers of a zipped file; none where there is no such file. */
    static float[] floats(String name) {
        if (!Files.exists(file(name))) {
            return new float[0];
        }
        try (var in = new GZIPInputStream(Files.newInputStream(file(name)))) {
            byte[] raw = in.readAllBytes();
            float[] numbers = new float[raw.length / 4];
            ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
            return numbers;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The frames that the script made, as RGB. */
    static List<byte[]> frames(int seed, int count, int width, int height) {
        return IntStream.range(0, count)
                .mapToObj(f -> frame(seed, f, width, height))
                .toList();
    }

    private static byte[] frame(int seed, int f, int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        int to = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    int edges = 60 * ((x / 9 + y / 7 + f) % 3);
                    rgb[to++] = (byte) (x * (5 + c) + y * (3 + 2 * c) + f * 17 + seed * 31 + edges);
                }
            }
        }
        return rgb;
    }

    /** One case's conversation, with the patches of its pictures and films in order. */
    record Case(List<Message.Part> parts, List<Patches> patches, List<VisionText.Sight> sights) {

        static Case of(JsonNode written) {
            Preprocessor pictures = Preprocessor.read(checkpoint());
            FilmPreprocessor films = FilmPreprocessor.read(checkpoint());
            var made = new Case(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (JsonNode part : written) {
                if (part.isTextual()) {
                    made.parts.add(new Message.Text(part.asText()));
                } else if (part.size() == 3) {
                    int width = part.path(1).asInt();
                    int height = part.path(2).asInt();
                    byte[] rgb = frames(part.path(0).asInt(), 1, width, height).getFirst();
                    Patches patches = pictures.patches(rgb, width, height);
                    made.parts.add(new Message.Picture());
                    made.patches.add(patches);
                    made.sights.add(new VisionText.Sight.OfPicture(patches.gridH() * patches.gridW() / 4));
                } else {
                    Film film = film(films, part);
                    made.parts.add(new Message.Film());
                    made.patches.add(film.patches());
                    made.sights.add(VisionText.Sight.OfFilm.of(film));
                }
            }
            return made;
        }

        private static Film film(FilmPreprocessor films, JsonNode part) {
            int count = part.path(1).asInt();
            int width = part.path(2).asInt();
            int height = part.path(3).asInt();
            double fps = part.path(4).asDouble();
            List<Double> seconds =
                    IntStream.range(0, count).mapToObj(i -> i / fps).toList();
            return films.film(frames(part.path(0).asInt(), count, width, height), width, height, seconds);
        }
    }
}

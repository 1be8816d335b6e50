package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.appliance.engine.Engine.Step;
import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Film;
import goshawk.trtbuild.FilmPreprocessor;
import goshawk.trtbuild.Message;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.Preprocessor;
import goshawk.trtbuild.TargetProfile;
import goshawk.trtbuild.Tokenizer;
import goshawk.trtbuild.VisionText;
import goshawk.trtbuild.VisionText.Sight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * From frames to logits against transformers: stills, a reference beside a part, a film with an odd number of frames, and
 * all of them in one conversation; see {@code trt-build/goldens/make_film_goldens.py}.
 */
class FilmParityTest {

    private static final Path GOLDENS =
            Path.of(System.getProperty("goshawk.root", "..")).resolve("trt-build/src/test/resources/goldens");

    @TempDir
    Path cache;

    static Stream<Arguments> conversationsAndProfiles() {
        return Stream.of("picture", "reference", "film", "picture-and-film")
                .flatMap(name -> Stream.of(
                                TargetProfile.CPU,
                                TargetProfile.PRIMITIVE,
                                DeviceGraphModel.WRITTEN_OUT,
                                DeviceGraphModel.IN_PLACE)
                        .map(profile -> Arguments.of(name, profile)));
    }

    @ParameterizedTest
    @MethodSource("conversationsAndProfiles")
    void framesBecomeTheLogitsOfTransformers(String name, TargetProfile profile) throws IOException {
        Path checkpoint = GOLDENS.resolve("films/checkpoint");
        EngineFolder folder = EngineBuilder.build(checkpoint, cache, profile, (_, _, _) -> {});
        JsonNode parts = new ObjectMapper()
                .readTree(GOLDENS.resolve("films/cases.json").toFile())
                .path(name);
        try (Golden golden = Golden.open(checkpoint, GOLDENS.resolve("films/" + name + ".safetensors"));
                Tokenizer tokenizer = Tokenizer.open(GOLDENS.resolve("text/thinking"));
                Engine engine = OnnxParityTest.open(folder, profile)) {
            var asked = new Asked(checkpoint, parts);
            String rendered = ChatTemplate.read(GOLDENS.resolve("text/thinking"))
                    .render(
                            List.of(Message.system("You inspect parts."), new Message("user", asked.said)),
                            ChatTemplate.Answer.EXPECTED);
            String text = VisionText.of(tokenizer, folder.config().tokens()).writtenOut(rendered, asked.sights);
            int[] tokens = tokenizer.encode(text);
            assertThat(tokens).isEqualTo(golden.integers("ids"));

            List<PictureFeatures> seen = asked.patches.stream().map(engine::see).toList();
            try (Context start = engine.start()) {
                Step step = engine.read(start, tokens, seen);
                OnnxParityTest.assertClose(step.logits(), golden.floats("prefill_logits"));
                OnnxParityTest.assertDecodes(engine, golden, step);
            }
            seen.forEach(PictureFeatures::close);
        }
    }

    /** What the user says, as text, pictures and films. */
    private static final class Asked {

        private final List<Message.Part> said = new ArrayList<>();
        private final List<Patches> patches = new ArrayList<>();
        private final List<Sight> sights = new ArrayList<>();

        Asked(Path checkpoint, JsonNode parts) {
            for (JsonNode part : parts) {
                if (part.isTextual()) {
                    said.add(new Message.Text(part.asText()));
                } else if (part.size() == 3) {
                    picture(checkpoint, part);
                } else {
                    film(checkpoint, part);
                }
            }
        }

        private void picture(Path checkpoint, JsonNode part) {
            int width = part.path(1).asInt();
            int height = part.path(2).asInt();
            Patches one =
                    Preprocessor.read(checkpoint).patches(frame(part.path(0).asInt(), 0, width, height), width, height);
            said.add(new Message.Picture());
            patches.add(one);
            sights.add(new Sight.OfPicture(one.gridH() * one.gridW() / 4));
        }

        private void film(Path checkpoint, JsonNode part) {
            int width = part.path(2).asInt();
            int height = part.path(3).asInt();
            double fps = part.path(4).asDouble();
            List<byte[]> frames = IntStream.range(0, part.path(1).asInt())
                    .mapToObj(f -> frame(part.path(0).asInt(), f, width, height))
                    .toList();
            List<Double> seconds =
                    IntStream.range(0, frames.size()).mapToObj(f -> f / fps).toList();
            Film film = FilmPreprocessor.read(checkpoint).film(frames, width, height, seconds);
            said.add(new Message.Film());
            patches.add(film.patches());
            sights.add(Sight.OfFilm.of(film));
        }
    }

    /** The frame that the script made, as RGB. */
    private static byte[] frame(int seed, int f, int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.length; i++) {
            int c = i % 3;
            int x = i / 3 % width;
            int y = i / 3 / width;
            int edges = 60 * ((x / 9 + y / 7 + f) % 3);
            rgb[i] = (byte) (x * (5 + c) + y * (3 + 2 * c) + f * 17 + seed * 31 + edges);
        }
        return rgb;
    }
}

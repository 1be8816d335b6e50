package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.VisionText.Sight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisionTextTest {

    @ParameterizedTest
    @ValueSource(strings = {"picture", "reference", "film", "picture-and-film"})
    void tokensPixelsAndPositionsAreThoseOfTransformers(String name) {
        var asked = FilmGoldens.Case.of(FilmGoldens.json("cases.json").path(name));
        ModelConfig config = ModelConfig.read(FilmGoldens.checkpoint().resolve("config.json"));
        try (Tokenizer tokenizer = Tokenizer.open(TextGoldens.folder("thinking"));
                Safetensors golden = Safetensors.open(FilmGoldens.file(name + ".safetensors"))) {
            String rendered = ChatTemplate.read(TextGoldens.folder("thinking"))
                    .render(
                            List.of(Message.system("You inspect parts."), new Message("user", asked.parts())),
                            ChatTemplate.Answer.EXPECTED);
            String text = VisionText.of(tokenizer, config.tokens()).writtenOut(rendered, asked.sights());
            int[] tokens = tokenizer.encode(text);
            assertThat(boxed(tokens)).isEqualTo(boxed(Goldens.longs(golden, "ids")));

            var frames = new ArrayList<TextPositions.Frame>();
            for (Patches patches : asked.patches()) {
                var frame = new TextPositions.Frame(patches.gridH() / 2, patches.gridW() / 2);
                IntStream.range(0, patches.gridT()).forEach(_ -> frames.add(frame));
            }
            TextPositions positions = TextPositions.of(tokens, 0, config.tokens(), frames);
            assertThat(boxed(positions.time())).isEqualTo(boxed(axis(Goldens.longs(golden, "positions"), 0)));
            assertThat(boxed(positions.height())).isEqualTo(boxed(axis(Goldens.longs(golden, "positions"), 1)));
            assertThat(boxed(positions.width())).isEqualTo(boxed(axis(Goldens.longs(golden, "positions"), 2)));
        }
        assertThat(pixels(asked, Sight.OfPicture.class)).isEqualTo(FilmGoldens.floats(name + ".pixel_values.f32.gz"));
        assertThat(pixels(asked, Sight.OfFilm.class))
                .isEqualTo(FilmGoldens.floats(name + ".pixel_values_videos.f32.gz"));
    }

    private static float[] pixels(FilmGoldens.Case asked, Class<? extends Sight> kind) {
        int count = 0;
        float[] all = new float[0];
        for (int i = 0; i < asked.sights().size(); i++) {
            if (kind.isInstance(asked.sights().get(i))) {
                float[] one = asked.patches().get(i).pixels();
                all = Arrays.copyOf(all, count + one.length);
                System.arraycopy(one, 0, all, count, one.length);
                count += one.length;
            }
        }
        return all;
    }

    @Test
    void timesAreRoundedAsPythonRoundsThem() {
        try (Tokenizer tokenizer = Tokenizer.open(TextGoldens.folder("thinking"))) {
            VisionText text = text(tokenizer);
            var film = new Sight.OfFilm(1, List.of(0.25, 0.125, 1.75, 0.0, 12.95));
            assertThat(text.writtenOut("a<|vision_start|><|video_pad|><|vision_end|>b", List.of(film)))
                    .contains("a<0.2 seconds>", "<0.1 seconds>", "<1.8 seconds>", "<0.0 seconds>", "<12.9 seconds>")
                    .endsWith("<|vision_start|><|video_pad|><|vision_end|>b");
            assertThat(text.writtenOut("a<|video_pad|>b", List.of(new Sight.OfFilm(2, List.of(1.0)))))
                    .isEqualTo("a<1.0 seconds><|vision_start|><|video_pad|><|video_pad|><|vision_end|>b");
        }
    }

    @Test
    void aConversationThatDoesNotFitItsPicturesIsRefused() {
        try (Tokenizer tokenizer = Tokenizer.open(TextGoldens.folder("thinking"))) {
            VisionText text = text(tokenizer);
            var picture = new Sight.OfPicture(2);
            assertThatThrownBy(() -> text.writtenOut("<|image_pad|>", List.of()))
                    .hasMessage("the conversation has a place for a picture, where stands nothing");
            assertThatThrownBy(() -> text.writtenOut("<|video_pad|>", List.of(picture)))
                    .hasMessage("the conversation has a place for a film, where stands a picture");
            assertThatThrownBy(() -> text.writtenOut("<|image_pad|>", List.of(picture, picture)))
                    .hasMessage("the conversation has no place for 1 of 2 pictures and films");
        }
    }

    private static VisionText text(Tokenizer tokenizer) {
        return VisionText.of(
                tokenizer,
                ModelConfig.read(FilmGoldens.checkpoint().resolve("config.json"))
                        .tokens());
    }

    private static int[] axis(long[] positions, int axis) {
        int length = positions.length / 3;
        return Arrays.stream(positions, axis * length, (axis + 1) * length)
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static List<Integer> boxed(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).boxed().toList();
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextPositionsTest {

    private static final ModelConfig.Tokens IDS = new ModelConfig.Tokens(9, 8, 6, 7);

    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged", "tiny-yarn", "tiny-yarn-scaled"})
    void positionsAndRotaryTablesAreThoseOfTransformers(String name) {
        ModelConfig config = ModelConfig.read(Goldens.folder(name).resolve("config.json"));
        try (Safetensors answers = Goldens.answers(name)) {
            int[] ids = Arrays.stream(Goldens.longs(answers, "ids"))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            TextPositions positions =
                    TextPositions.of(ids, 0, config.tokens(), frames(Goldens.longs(answers, "grids"), config));
            var flat = new ArrayList<Long>();
            for (int[] axis : List.of(positions.time(), positions.height(), positions.width())) {
                Arrays.stream(axis).forEach(at -> flat.add((long) at));
            }
            assertThat(flat).isEqualTo(boxed(Goldens.longs(answers, "positions")));
            var table = new RotaryTable(config.text());
            assertClose(table.cos(positions), Goldens.floats(answers, "cos"), 1e-5f);
            assertClose(table.sin(positions), Goldens.floats(answers, "sin"), 1e-5f);

            long[] decode = Goldens.longs(answers, "decode_positions");
            for (int i = 0; i < decode.length; i++) {
                assertThat(decode[i]).isEqualTo(positions.next() + i / 3);
            }
        }
    }

    @Test
    void readingInPiecesGivesTheSamePositions() {
        int[] tokens = {1, 2, 6, 9, 9, 9, 9, 9, 9, 7, 3};
        var frame = new TextPositions.Frame(2, 3);
        TextPositions whole = TextPositions.of(tokens, 0, IDS, List.of(frame));
        TextPositions first = TextPositions.of(Arrays.copyOf(tokens, 2), 0, IDS, List.of());
        TextPositions rest = TextPositions.of(Arrays.copyOfRange(tokens, 2, 11), first.next(), IDS, List.of(frame));
        assertThat(rest.height()).isEqualTo(Arrays.copyOfRange(whole.height(), 2, 11));
        assertThat(rest.width()).isEqualTo(Arrays.copyOfRange(whole.width(), 2, 11));
        assertThat(rest.next()).isEqualTo(whole.next()).isEqualTo(8);
        assertThat(whole.time()).containsExactly(0, 1, 2, 3, 3, 3, 3, 3, 3, 6, 7);
        assertThat(whole.width()).containsExactly(0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7);
    }

    @Test
    void framesOfAVideoStandBehindEachOther() {
        int[] tokens = {8, 8, 1, 8, 8, 2};
        var frame = new TextPositions.Frame(1, 2);
        TextPositions positions = TextPositions.of(tokens, 0, IDS, List.of(frame, frame));
        assertThat(positions.time()).containsExactly(0, 0, 2, 3, 3, 5);
        assertThat(positions.width()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void picturesAndTheirTokensMustMatch() {
        var frame = new TextPositions.Frame(1, 2);
        assertThatThrownBy(() -> TextPositions.of(new int[] {9, 1}, 0, IDS, List.of(frame)))
                .hasMessage("a picture of 2 tokens has place for 1");
        assertThatThrownBy(() -> TextPositions.of(new int[] {1, 9}, 0, IDS, List.of()))
                .hasMessage("token 1 stands for a picture that was not given");
        assertThatThrownBy(() -> TextPositions.of(new int[] {1}, 0, IDS, List.of(frame)))
                .hasMessage("1 pictures have no token");
    }

    private static List<TextPositions.Frame> frames(long[] grids, ModelConfig config) {
        var frames = new ArrayList<TextPositions.Frame>();
        int merge = config.vision().merge();
        for (int i = 0; i < grids.length; i += 3) {
            frames.add(new TextPositions.Frame((int) grids[i + 1] / merge, (int) grids[i + 2] / merge));
        }
        return frames;
    }

    private static List<Long> boxed(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    static void assertClose(float[] actual, float[] expected, float tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(Math.abs(actual[i] - expected[i])).as("number %d", i).isLessThan(tolerance);
        }
    }
}

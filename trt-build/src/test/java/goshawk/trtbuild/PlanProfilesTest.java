package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.trtbuild.tensorrt.PlanBuilder.Sizes;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The sizes that plans are built for are those of the graphs' inputs. */
class PlanProfilesTest {

    private static Map<String, Sizes> byName(List<Sizes> profile) {
        return profile.stream().collect(Collectors.toMap(Sizes::input, Function.identity()));
    }

    private static long[] largest(Map<String, Sizes> profile, String input) {
        return Objects.requireNonNull(profile.get(input), input).largest();
    }

    @ParameterizedTest
    @EnumSource(GpuProfile.class)
    void eachProfileHasEveryInputOfManySizesOnce(GpuProfile profile) {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-bf16"))) {
            TargetProfile target = TargetProfile.TENSORRT;
            OnnxFile text = OnnxFile.read(
                    new TextGraph(checkpoint, target, new Graph("text", target.opset(), Path::toString)).toOnnx());
            OnnxFile vision = OnnxFile.read(
                    new VisionGraph(checkpoint, target, new Graph("vision", target.opset(), Path::toString)).toOnnx());
            PlanLimits limits = PlanLimits.of(checkpoint.config(), profile);
            var profiles = new PlanProfiles(checkpoint.config(), limits, true);
            var sized = new HashSet<>(text.inputs().keySet());
            assertThat(sized.removeIf(input -> input.equals("places") || input.endsWith(".weight")))
                    .as("they have one size")
                    .isTrue();
            assertThat(profiles.text())
                    .hasSize(limits.readTokens().size() + 1)
                    .allSatisfy(sizes -> assertThat(byName(sizes)).containsOnlyKeys(sized));
            assertThat(profiles.vision())
                    .hasSize(1)
                    .allSatisfy(sizes -> assertThat(byName(sizes))
                            .containsOnlyKeys(vision.inputs().keySet()));
        }
    }

    @ParameterizedTest
    @EnumSource(GpuProfile.class)
    void textProfilesDifferInRowsAlone(GpuProfile profile) {
        ModelConfig config = ModelConfig.of(PublishedShape.B8.config());
        PlanLimits limits = PlanLimits.of(config, profile);
        List<List<Sizes>> text = new PlanProfiles(config, limits, true).text();
        Map<String, Sizes> decode = byName(text.getLast());
        assertThat(largest(decode, "words")).containsExactly(1, 4096);
        assertThat(largest(decode, "deep_features")).containsExactly(3, 1, 4096);
        assertThat(largest(decode, "sees")).containsExactly(1, 1);
        assertThat(largest(decode, "logits_index")).containsExactly(1);
        for (int i = 0; i < limits.readTokens().size(); i++) {
            Map<String, Sizes> some = byName(text.get(i));
            int rows = limits.readTokens().get(i);
            assertThat(largest(some, "words")).containsExactly(rows, 4096);
            assertThat(largest(some, "deep_features")).containsExactly(3, rows, 4096);
            assertThat(largest(some, "cos")).containsExactly(rows, 64);
            assertThat(largest(some, "sin")).containsExactly(rows, 64);
            assertThat(largest(some, "sees")).containsExactly(rows, (rows + 31) / 32);
            assertThat(largest(some, "logits_index")).containsExactly(limits.asked());
        }
        assertThat(limits.readTokens()).isSorted().doesNotHaveDuplicates();
        assertThat(new PlanProfiles(config, limits, false).text())
                .as("those that read alone, in the same places")
                .usingRecursiveComparison()
                .isEqualTo(text.subList(0, text.size() - 1));
        assertThat(text)
                .allSatisfy(sizes -> assertThat(sizes).allSatisfy(size -> {
                    for (int i = 0; i < size.usual().length; i++) {
                        assertThat(size.usual()[i]).as(size.input()).isBetween(size.smallest()[i], size.largest()[i]);
                    }
                }));
    }

    @Test
    void eachRowHasABitForEach() {
        assertThat(LongStream.of(1, 32, 33, 64, 1088).mapToInt(PlanLimits::seesWords))
                .containsExactly(1, 1, 2, 2, 34);
    }

    @ParameterizedTest
    @EnumSource(GpuProfile.class)
    void aTextIsReadInPassesOfSizesThatPlansAreMadeFor(GpuProfile profile) {
        PlanLimits limits = PlanLimits.of(ModelConfig.of(PublishedShape.B8.config()), profile);
        int picture = profile.pictureSide() / 32 * (profile.pictureSide() / 32);
        assertThat(limits.piece(picture + 40))
                .as("a picture and some words in one")
                .isEqualTo(picture + 40);
        assertThat(limits.piece(2 * picture))
                .as("a long text in the faster size")
                .isEqualTo(picture);
        for (int tokens = 1; tokens <= limits.prefillTokens(); tokens++) {
            assertThat(limits.rows(tokens))
                    .isBetween(tokens, Math.min(tokens + 63, limits.prefillTokens()))
                    .matches(rows -> rows % 64 == 0 || rows == limits.prefillTokens());
        }
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.trtbuild.PrecisionChoice.Wish;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrecisionPlanTest {

    private static final ModelConfig B8 = ModelConfig.of(PublishedShape.B8.config());

    private static Gpu gpu(int major, int minor, double freeGb) {
        return new Gpu("GPU", major, minor, 80_000_000_000L, (long) (freeGb * 1e9), false);
    }

    private static PrecisionChoice choose(Gpu gpu, Wish wish, GpuProfile profile) {
        return PrecisionChoice.of(gpu, wish, form -> GpuMemory.of(B8, profile, form));
    }

    @ParameterizedTest
    @CsvSource({
        "12, 0, 24, FP8",
        "10, 0, 80, FP8",
        "9, 0, 80, FP8",
        "8, 9, 24, FP8", // Blackwell, Hopper, Ada
        "8, 7, 60, BF16",
        "8, 7, 14, INT4", // Orin
        "8, 6, 24, BF16",
        "8, 0, 14, INT4", // Ampere
    })
    void autoTakesWhatTheGpuDoesFastestOfWhatFits(int major, int minor, double freeGb, WeightForm form) {
        PrecisionChoice choice = choose(gpu(major, minor, freeGb), Wish.AUTO, GpuProfile.USUAL);
        assertThat(choice.form()).isEqualTo(form);
        assertThat(choice.why()).startsWith(form.name()).contains("GPU (SM %d.%d)".formatted(major, minor));
    }

    @Test
    void autoSaysWhyInOneSentence() {
        assertThat(choose(gpu(9, 0, 80), Wish.AUTO, GpuProfile.USUAL).why())
                .isEqualTo("FP8, because GPU (SM 9.0) multiplies it and reads half as many bytes as in BF16.");
        assertThat(choose(gpu(8, 7, 60), Wish.AUTO, GpuProfile.USUAL).why())
                .isEqualTo(
                        "BF16, because it fits and GPU (SM 8.7) has no FP8 arithmetic (kernels that do without are not part of this version).");
        assertThat(choose(gpu(8, 6, 14), Wish.AUTO, GpuProfile.USUAL).why())
                .contains("INT4 weights with BF16 arithmetic")
                .contains("BF16 would need 17.")
                .endsWith("more than is free.");
    }

    @Test
    void whatAGpuCannotDoIsRefusedWithWhatCanBeDoneInstead() {
        assertThatThrownBy(() -> choose(gpu(8, 7, 60), Wish.FP8, GpuProfile.USUAL))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "kernels that do without are not part of this version; want --precision bf16 or int4");
        assertThatThrownBy(() -> choose(gpu(8, 6, 24), Wish.FP8, GpuProfile.USUAL))
                .hasMessageContaining("has no FP8 arithmetic, SM 8.9 and newer have");
        assertThatThrownBy(() -> choose(gpu(7, 5, 16), Wish.AUTO, GpuProfile.USUAL))
                .hasMessageContaining("does not compute in BF16")
                .hasMessageContaining("or the CPU engine");
    }

    @Test
    void whatDoesNotFitIsRefusedWithAllFigures() {
        assertThatThrownBy(() -> choose(gpu(8, 9, 9), Wish.AUTO, GpuProfile.USUAL))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "in FP8 (text 6.5 GiB, head 594 MiB, vision 555 MiB, keys and values of 8,192 tokens 1.1 GiB")
                .hasMessageContaining("8.4 GiB of 74.5 GiB are free")
                .hasMessageContaining("take --profile small");
        assertThatThrownBy(() -> choose(gpu(8, 9, 5), Wish.AUTO, GpuProfile.SMALL))
                .hasMessageContaining("a smaller model or a larger GPU")
                .message()
                .doesNotContain("--profile");
    }

    @Test
    void onAJetsonTheEmbeddingTableNeedsRoomToo() {
        GpuMemory need = GpuMemory.of(B8, GpuProfile.USUAL, WeightForm.BF16);
        long between = need.total() + need.host() / 2;
        assertThat(need.obstacle(new Gpu("card", 8, 6, between, between, false)))
                .isEmpty();
        assertThat(need.obstacle(new Gpu("Orin", 8, 7, between, between, true)).orElseThrow())
                .contains("embedding table 1.2 GiB");
    }

    /** By hand, from the published sizes. */
    @Test
    void theArithmeticIsThatOfTheSizes() {
        long layer = 2L * 4096 * 4096 + 2L * 1024 * 4096 + 3L * 4096 * 12288;
        GpuMemory plain = GpuMemory.of(B8, GpuProfile.USUAL, WeightForm.BF16);
        assertThat(plain.text()).isEqualTo(36 * 2 * layer);
        assertThat(plain.head()).isEqualTo(2L * 151_936 * 4096).isEqualTo(plain.host());
        assertThat(plain.others()).isEqualTo(2L * (36 * (2 * 4096 + 2 * 128) + 4096));
        assertThat(plain.keysAndValues()).isEqualTo(8192L * 36 * 2 * 8 * 128 * 2);
        GpuMemory fp8 = GpuMemory.of(B8, GpuProfile.ROOMY, WeightForm.FP8);
        long channels = 4096 + 2 * 1024 + 4096 + 2 * 12288 + 4096;
        assertThat(fp8.text()).isEqualTo(36 * (layer + 2 * channels));
        assertThat(fp8.head()).isEqualTo(plain.head());
        assertThat(fp8.vision()).isEqualTo(plain.vision());
        GpuMemory usual = GpuMemory.of(B8, GpuProfile.USUAL, WeightForm.FP8);
        assertThat(usual.text()).isEqualTo(fp8.text());
        assertThat(usual.head()).isEqualTo(plain.head() / 2 + 2 * 151_936);
        assertThat(fp8.weights() / (double) plain.weights())
                .as("both plans together")
                .isLessThan(0.58);
        GpuMemory int4 = GpuMemory.of(B8, GpuProfile.USUAL, WeightForm.INT4);
        assertThat(int4.text()).isEqualTo(36 * (layer / 2 + layer / 128 * 2));
    }

    /** 11 GB with 8,192 tokens, 9.5 GB with the small profile: cards of 12 and of 10 GB. */
    @Test
    void theLargestUsualModelFitsCardsOfTwelveAndOfTenGigabytes() {
        assertThat(GpuMemory.of(B8, GpuProfile.USUAL, WeightForm.FP8).total()).isLessThan(11_000_000_000L);
        assertThat(GpuMemory.of(B8, GpuProfile.SMALL, WeightForm.FP8).total()).isLessThan(9_500_000_000L);
    }

    @ParameterizedTest
    @CsvSource({"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void everyLinearLayerHasAPlanAndTheSizesAddUp(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder(name))) {
            for (WeightForm form : WeightForm.values()) {
                PrecisionPlan plan = plan(checkpoint, form, GpuProfile.SMALL, ErrorBounds.of(form));
                var all = new TreeSet<>(checkpoint.linears().keySet());
                all.add("lm_head");
                assertThat(plan.linears().keySet()).isEqualTo(all);
                long bytes = 0;
                for (ModelTensors.Planned tensor : ModelTensors.of(checkpoint.config())) {
                    String linear = tensor.name().replaceFirst("\\.weight$", "");
                    List<Long> shape = tensor.shape();
                    if (checkpoint.linears().containsKey(linear)) {
                        bytes += plan.form(linear).bytes(shape.get(0), shape.get(1), ElementType.BF16);
                    } else if (!tensor.name().contains("embed_tokens")) {
                        bytes += 2 * shape.stream().reduce(1L, Math::multiplyExact);
                    }
                }
                GpuMemory memory = plan.memory(checkpoint.config());
                long head = checkpoint.config().tiedHead() ? memory.head() : 0;
                assertThat(memory.weights()).isEqualTo(bytes + head);
            }
        }
    }

    @Test
    void theRoomyProfileQuantisesTheTextsLayersOnly() {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-fp8"))) {
            PrecisionPlan roomy = plan(checkpoint, WeightForm.FP8, GpuProfile.ROOMY, ErrorBounds.of(WeightForm.FP8));
            assertThat(fp8(roomy)).hasSize(14).allMatch(name -> name.contains("language_model.layers"));
            assertThat(roomy.kept()).isEmpty();
            PrecisionPlan usual = plan(checkpoint, WeightForm.FP8, GpuProfile.USUAL, ErrorBounds.of(WeightForm.FP8));
            assertThat(fp8(usual))
                    .contains("lm_head", "model.visual.blocks.0.attn.qkv")
                    .hasSameSizeAs(usual.linears().keySet());
        }
    }

    @Test
    void aLayerThatPassesTheBoundStaysBf16AndIsListed() {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-bf16"))) {
            PrecisionPlan free = plan(checkpoint, WeightForm.FP8, GpuProfile.USUAL, ErrorBounds.of(WeightForm.FP8));
            double[] errors = free.linears().values().stream()
                    .filter(LinearPlan.Fp8.class::isInstance)
                    .mapToDouble(plan -> ((LinearPlan.Fp8) plan).error().relative())
                    .sorted()
                    .toArray();
            double middle = errors[errors.length / 2];
            PrecisionPlan bound = plan(checkpoint, WeightForm.FP8, GpuProfile.USUAL, new ErrorBounds(middle, 1));
            assertThat(bound.kept()).hasSize(errors.length - errors.length / 2 - 1);
            for (String linear : bound.kept()) {
                assertThat(bound.linears().get(linear)).isInstanceOfSatisfying(LinearPlan.Bf16.class, plan -> {
                    assertThat(plan.why()).isEqualTo(LinearPlan.Why.ERROR);
                    assertThat(plan.error().relative()).isGreaterThan(middle);
                });
            }
            assertThat(bound.memory(checkpoint.config()).text())
                    .isGreaterThan(free.memory(checkpoint.config()).text());
            PrecisionPlan byChannel = plan(checkpoint, WeightForm.FP8, GpuProfile.USUAL, new ErrorBounds(1, 0));
            assertThat(byChannel.kept()).hasSize(errors.length);
        }
    }

    @Test
    void rowsThatAreNoWholeBlocksStayBf16() {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-fp8-ragged"))) {
            PrecisionPlan plan = plan(checkpoint, WeightForm.INT4, GpuProfile.USUAL, new ErrorBounds(1, 1));
            Map<String, Tensor> linears = checkpoint.linears();
            assertThat(plan.kept())
                    .isNotEmpty()
                    .allMatch(name ->
                            Objects.requireNonNull(linears.get(name)).shape().getLast() % 128 != 0);
            assertThat(plan.linears().get("model.language_model.layers.0.self_attn.o_proj"))
                    .isInstanceOf(LinearPlan.Int4.class);
        }
    }

    /** What nano's weights cost, which the bounds must leave room for. */
    @Test
    void theShippedCheckpointIsFarFromTheBound() {
        try (Checkpoint checkpoint =
                Checkpoint.open(Path.of(System.getProperty("goshawk.root", ".."), "trt-build/nano/checkpoint"))) {
            PrecisionPlan plan = plan(checkpoint, WeightForm.FP8, GpuProfile.SMALL, ErrorBounds.of(WeightForm.FP8));
            assertThat(plan.kept()).isEmpty();
            double worst = plan.linears().values().stream()
                    .mapToDouble(it -> it instanceof LinearPlan.Fp8(var error) ? error.relative() : 0)
                    .max()
                    .orElseThrow();
            double channel = plan.linears().values().stream()
                    .mapToDouble(it -> it instanceof LinearPlan.Fp8(var error) ? error.worstChannel() : 0)
                    .max()
                    .orElseThrow();
            System.out.printf(
                    "nano in FP8 by channel: relative error at most %.4f, of a channel %.4f%n", worst, channel);
            assertThat(worst).isCloseTo(0.026, within(0.004));
        }
    }

    @Test
    void aPlanIsTheSameAfterJson() throws JsonProcessingException {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-fp8"))) {
            PrecisionPlan plan = plan(checkpoint, WeightForm.INT4, GpuProfile.USUAL, ErrorBounds.of(WeightForm.INT4));
            var mapper = new ObjectMapper();
            String json = mapper.writeValueAsString(plan);
            assertThat(json).contains("\"form\":\"INT4\"").contains("\"why\":\"CHOSEN\"");
            assertThat(mapper.readValue(json, PrecisionPlan.class)).isEqualTo(plan);
        }
    }

    @Test
    void progressEndsAtTheWhole() {
        List<Long> left = new ArrayList<>();
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-f32"))) {
            PrecisionPlan.of(
                    checkpoint,
                    new PrecisionChoice(WeightForm.FP8, ""),
                    GpuProfile.USUAL,
                    ErrorBounds.of(WeightForm.FP8),
                    ElementType.BF16,
                    (_, done, total) -> left.add(total - done));
        }
        assertThat(left).isSortedAccordingTo((a, b) -> Long.compare(b, a)).endsWith(0L);
    }

    private static PrecisionPlan plan(Checkpoint checkpoint, WeightForm form, GpuProfile profile, ErrorBounds bounds) {
        return PrecisionPlan.of(
                checkpoint, new PrecisionChoice(form, "asked"), profile, bounds, ElementType.BF16, (_, _, _) -> {});
    }

    private static List<String> fp8(PrecisionPlan plan) {
        return plan.linears().entrySet().stream()
                .filter(linear -> linear.getValue() instanceof LinearPlan.Fp8)
                .map(Map.Entry::getKey)
                .toList();
    }
}

package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What TensorRT's inspector tells of a plan, in the form that it has with detailed verbosity. */
class PlanInspectionTest {

    private static final String GATE = "model.language_model.layers.0.mlp.gate_proj";
    private static final String UP = "model.language_model.layers.0.mlp.up_proj";
    private static final String DOWN = "model.language_model.layers.0.mlp.down_proj";

    private static final String FP8_GEMM =
            "sm90_xmma_gemm_e4m3bf16_e4m3f32_f32_tn_n_tilesize128x128x128_warpgroupsize1x1x1_execute_segment_k_off_kernel__5x_cublas";
    private static final String BF16_GEMM =
            "sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize128x128x64_warpgroupsize1x1x1_execute_segment_k_off_kernel__5x_cublas";

    private static String plan(String... layers) {
        return "{\"Layers\": [" + String.join(",", layers) + "], \"Bindings\": [\"words\", \"logits\"]}";
    }

    /** @param separator between the nodes that were merged into the kernel */
    private static String layer(
            String name, String type, String input, String output, String tactic, String separator, String... nodes) {
        return """
                {"Name": "%s", "LayerType": "%s",
                 "Inputs": [{"Name": "__myln_k_arg__bb1_10", "Location": "Device", "Dimensions": [-1,256], "Format/Datatype": "%s"}],
                 "Outputs": [{"Name": "__mye5607", "Location": "Device", "Dimensions": [-1,688], "Format/Datatype": "%s"}],
                 "TacticName": "%s", "StreamId": 0, "Metadata": "%s"}
                """.formatted(
                        name,
                        type,
                        input,
                        output,
                        tactic,
                        String.join(
                                separator,
                                List.of(nodes).stream()
                                        .map(node -> "[ONNX Layer: " + node + "]")
                                        .toList()));
    }

    private static String gemm(String name, String input, String tactic, String... nodes) {
        return layer(name, "gemm", input, "BFloat16", tactic, "\\u001e", nodes);
    }

    private static final String QUANTISE = layer(
            "__myl_MeanSqrtDivMulQuan_myl0_1",
            "kgen",
            "BFloat16",
            "FP8",
            "__myl_MeanSqrtDivMulQuan_0xf2543c36ff9f104bbb1655b0183afb47",
            "\\u001e",
            "Mul_14",
            "QuantizeLinear_15");

    private static final String GATE_AND_UP =
            gemm(GATE + "+" + UP + "_myl0_2", "FP8", FP8_GEMM, "DequantizeLinear_16", GATE, "DequantizeLinear_20", UP);

    @Test
    void kernelsOfMergedLayersCountOnce() {
        var found = PlanInspection.of(
                plan(QUANTISE, GATE_AND_UP, gemm("down_myl0_4", "FP8", FP8_GEMM, "DequantizeLinear_31", DOWN)),
                List.of(GATE, UP, DOWN));
        assertThat(found.fp8()).containsExactlyInAnyOrder(GATE, UP, DOWN);
        assertThat(found.others()).isEmpty();
        assertThat(found.kernels()).isEqualTo(2);
        assertThat(found.shortfall()).isEmpty();
    }

    @Test
    void anyMarkOrNoneMayStandBetweenTheNodes() {
        for (String separator : List.of("\\u001e", "\\u001f", "", " ")) {
            String merged = layer("x", "gemm", "FP8", "BFloat16", FP8_GEMM, separator, "Transpose_3", GATE, UP);
            assertThat(PlanInspection.of(plan(merged), List.of(GATE, UP)).fp8())
                    .as("'%s'", separator)
                    .containsExactlyInAnyOrder(GATE, UP);
        }
    }

    @Test
    void aProductInSixteenBitsIsNamedWithItsKernel() {
        var found = PlanInspection.of(
                plan(QUANTISE, GATE_AND_UP, gemm("down_myl0_4", "BFloat16", BF16_GEMM, "DequantizeLinear_31", DOWN)),
                List.of(GATE, UP, DOWN));
        assertThat(found.fp8()).containsExactlyInAnyOrder(GATE, UP);
        assertThat(found.others())
                .containsOnlyKeys(DOWN)
                .hasEntrySatisfying(DOWN, words -> assertThat(words).contains(BF16_GEMM, "takes BFloat16"));
        assertThat(found.shortfall().orElseThrow())
                .contains("1 of 3 linear layers that are to be in FP8 run no FP8 kernel", DOWN, BF16_GEMM);
    }

    @Test
    void aKernelThatOnlyMakesFp8IsNoProductOfIt() {
        String dequantised = layer(
                "__myl_Dequ_myl0_3", "kgen", "FP8", "BFloat16", "__myl_Dequ_0x1", "\\u001e", "DequantizeLinear_31");
        var found = PlanInspection.of(
                plan(dequantised, layer("q", "kgen", "BFloat16", "FP8", "__myl_MulQuan_0x2", "\\u001e", DOWN)),
                List.of(DOWN));
        assertThat(found.fp8()).isEmpty();
        assertThat(found.others().get(DOWN)).contains("__myl_MulQuan_0x2 takes BFloat16");
    }

    @Test
    void whatFollowsAProductMayBeInAnyType() {
        String added = layer(
                "__myl_MulAdd_myl0_5", "kgen", "BFloat16", "BFloat16", "__myl_MulAdd_0x3", "\\u001e", DOWN, "Add_40");
        var found = PlanInspection.of(plan(gemm("down", "FP8", FP8_GEMM, DOWN), added), List.of(DOWN));
        assertThat(found.fp8()).containsExactly(DOWN);
        assertThat(found.kernels()).isEqualTo(1);
    }

    @Test
    void aFusedProductWithoutGemmInItsNameCountsByItsInput() {
        String fused = layer("fc", "kgen", "FP8", "BFloat16", "__myl_FcMulAdd_0x4", "\\u001e", DOWN, "Add_40");
        assertThat(PlanInspection.of(plan(fused), List.of(DOWN)).fp8()).containsExactly(DOWN);
    }

    @Test
    void everyOptimisationProfileCounts() {
        String prefill = gemm("down_myl0_4", "FP8", FP8_GEMM, DOWN);
        String gatePrefill = gemm("gate_myl0_2", "FP8", FP8_GEMM, GATE);
        String decode = gemm("down_myl0_4 [profile 1]", "BFloat16", BF16_GEMM, DOWN);
        var found = PlanInspection.of(plan(prefill, gatePrefill, decode), List.of(DOWN, GATE));
        assertThat(found.fp8()).isEmpty();
        assertThat(found.others().get(DOWN)).contains(BF16_GEMM);
        assertThat(found.others()).containsEntry(GATE, "no layer of optimisation profile 1 names it");
        String decodeFp8 = gemm("down_myl0_4 [profile 1]", "FP8", FP8_GEMM, DOWN);
        assertThat(PlanInspection.of(plan(prefill, decodeFp8), List.of(DOWN)).fp8())
                .containsExactly(DOWN);
    }

    @Test
    void formatsOfLayersOutsideMyelinAreReadToo() {
        String matrix = layer(
                DOWN,
                "MatrixMultiply",
                "Row major linear FP8 format",
                "Row major linear BFloat16 format",
                "",
                "",
                DOWN);
        assertThat(PlanInspection.of(plan(matrix), List.of(DOWN)).fp8()).containsExactly(DOWN);
    }

    @Test
    void namesThatBeginAlikeAreNotTakenForEachOther() {
        String one = gemm("x", "FP8", FP8_GEMM, "model.language_model.layers.10.mlp.up_proj");
        var found = PlanInspection.of(plan(one), List.of("model.language_model.layers.1.mlp.up_proj"));
        assertThat(found.others()).containsValue("no layer of the plan names it");
    }

    @Test
    void whatSaysTooLittleIsRefused() {
        assertThatThrownBy(() -> PlanInspection.of("{\"Layers\": [\"gemm 1\", \"gemm 2\"]}", List.of(DOWN)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("names only")
                .hasMessageContaining("detailed profiling verbosity");
        assertThatThrownBy(() -> PlanInspection.of("{}", List.of(DOWN))).hasMessageContaining("no layers");
        assertThatThrownBy(() -> PlanInspection.of("Layers:", List.of(DOWN))).hasMessageContaining("no JSON");
    }
}

package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How one linear layer is stored for a GPU. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "form")
@JsonSubTypes({
    @JsonSubTypes.Type(value = LinearPlan.Fp8.class, name = "FP8"),
    @JsonSubTypes.Type(value = LinearPlan.Int4.class, name = "INT4"),
    @JsonSubTypes.Type(value = LinearPlan.Bf16.class, name = "BF16")
})
public sealed interface LinearPlan {

    /** Weights and activations in E4M3: a scale an output channel, and one for all activations. */
    record Fp8(WeightError error) implements LinearPlan {}

    /** Weights alone in four bits; what is computed is BF16. */
    record Int4(WeightError error) implements LinearPlan {}

    /** @param error what fewer bits would have cost; zero where that was not measured */
    record Bf16(Why why, WeightError error) implements LinearPlan {}

    /** Why a layer stays BF16. */
    enum Why {
        /** That is what was chosen for it. */
        CHOSEN,
        /** Fewer bits would have cost more than the bound. */
        ERROR,
        /** Its rows are no whole blocks. */
        SIZE
    }

    default WeightForm form() {
        return switch (this) {
            case Fp8 _ -> WeightForm.FP8;
            case Int4 _ -> WeightForm.INT4;
            case Bf16 _ -> WeightForm.BF16;
        };
    }
}

package goshawk.trtbuild;

/** What an engine computes in, as far as it decides how near its numbers come to those of the checkpoint. */
public enum EnginePrecision {
    FP32,
    BF16,
    /** Linear layers multiply E4M3, all else is BF16. */
    FP8,
    /** Linear layers have weights of four bits, all else is BF16. */
    INT4;

    /** Of the coarsest numbers in it. */
    public static EnginePrecision of(Manifest manifest) {
        if (manifest.quantised() != null) {
            return switch (manifest.quantised().plan().choice().form()) {
                case BF16 -> BF16;
                case FP8 -> FP8;
                case INT4 -> INT4;
            };
        }
        return manifest.target().profile().equals(TargetProfile.TENSORRT.name()) ? BF16 : FP32;
    }
}

package goshawk.trtbuild.tensorrt;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The operators of our own that the text's graph has, with their kernels on the device for as long as the process lives. Whoever parses that
 * graph or loads its plan has them first.
 */
public final class TextOperators {

    private final AttentionKernels attention;
    private final List<Operator> all;

    private TextOperators(AttentionKernels attention, List<Operator> all) {
        this.attention = attention;
        this.all = all;
    }

    /**
     * Loads what {@link KernelCompiler} made.
     *
     * @param cubin for these sizes and this device
     * @throws NativeCallException if it is another device's, or memory is short
     */
    public static TextOperators load(Path cubin, OperatorSizes sizes) throws IOException {
        boolean isHopper = Device.open().isHopper();
        Kernel.Module module = Kernel.Module.load(cubin);
        var attention = new AttentionKernels(sizes.attention(), module, isHopper);
        List<Operator> all = new ArrayList<>(List.of(new CachedAttention(attention), Int4Matrix.of(module)));
        if (isHopper && sizes.hasGated()) {
            all.add(GatedMlp.of(module, sizes));
        }
        return new TextOperators(attention, all);
    }

    /** Lets TensorRT know them, in all that is parsed or loaded from now on. */
    void register() {
        all.forEach(OperatorCreator::register);
    }

    AttentionKernels attention() {
        return attention;
    }
}

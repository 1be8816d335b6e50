package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.tensorrt.NativeObject.Function;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.List;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.IPluginCreatorInterface;
import org.bytedeco.tensorrt.nvinfer.IPluginRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link CachedAttention} for TensorRT's parser and for plans that are loaded: an {@code IPluginCreatorV3One} of {@code
 * NvInferPluginBase.h}. TensorRT knows one in a process, by its name; what it makes has the kernels that were told last.
 */
final class AttentionCreator {

    private static @Nullable AttentionCreator registered;

    private final MemorySegment object;
    private volatile CachedAttention made;

    AttentionCreator(CachedAttention made) {
        this.made = made;
        this.object = new NativeObject(
                        "PLUGIN CREATOR_V3ONE",
                        "IPluginCreatorV3One",
                        List.of(
                                new Function("createPlugin", 0L),
                                new Function("getFieldNames", 0L),
                                new Function("getPluginName", 0L),
                                new Function("getPluginVersion", 0L),
                                new Function("getPluginNamespace", 0L)),
                        this,
                        MethodHandles.lookup())
                .object();
    }

    /**
     * Lets TensorRT know the operator, with these kernels in all that is parsed or loaded from now on.
     *
     * @throws NativeCallException if TensorRT does not want it, or is missing
     */
    static synchronized void register(CachedAttention.Kernels kernels) {
        try {
            tell(kernels);
        } catch (LinkageError e) {
            throw Device.missing("TensorRT 10", e);
        }
    }

    private static void tell(CachedAttention.Kernels kernels) {
        var attention = new CachedAttention(kernels);
        if (registered != null) {
            registered.made = attention;
            return;
        }
        IPluginRegistry registry = TensorRt.made("getPluginRegistry", nvinfer.getPluginRegistry());
        var creator = new AttentionCreator(attention);
        TensorRt.done(
                "registerCreator of " + CachedAttention.NAME,
                registry.registerCreator(
                        new IPluginCreatorInterface(Address.of(creator.object)), CachedAttention.NAMESPACE));
        registered = creator;
    }

    MemorySegment object() {
        return object;
    }

    // IPluginCreatorV3One

    /** @param phase building or running: it is the same */
    long createPlugin(long name, long fields, int phase) {
        return made.plugin().address();
    }

    long getFieldNames() {
        return CachedAttention.noFields();
    }

    long getPluginName() {
        return made.getPluginName();
    }

    long getPluginVersion() {
        return made.getPluginVersion();
    }

    long getPluginNamespace() {
        return made.getPluginNamespace();
    }
}

package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.tensorrt.NativeObject.Function;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.IPluginCreatorInterface;
import org.bytedeco.tensorrt.nvinfer.IPluginRegistry;

/**
 * Makes an {@link Operator} for TensorRT's parser and for plans that are loaded: an {@code IPluginCreatorV3One} of {@code
 * NvInferPluginBase.h}. TensorRT knows one of a name in a process; what it makes is the operator that was told last.
 */
final class OperatorCreator {

    private static final Map<String, OperatorCreator> REGISTERED = new HashMap<>();

    private final MemorySegment object;
    private volatile OperatorPlugin made;

    OperatorCreator(OperatorPlugin made) {
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
     * Lets TensorRT know the operator, in all that is parsed or loaded from now on.
     *
     * @throws NativeCallException if TensorRT does not want it, or is missing
     */
    static synchronized void register(Operator operator) {
        try {
            tell(operator);
        } catch (LinkageError e) {
            throw Device.missing("TensorRT 10", e);
        }
    }

    private static void tell(Operator operator) {
        // Before all else, because it loads the library that native objects take their types from.
        IPluginRegistry registry = TensorRt.made("getPluginRegistry", nvinfer.getPluginRegistry());
        var made = new OperatorPlugin(operator);
        OperatorCreator known = REGISTERED.get(operator.name());
        if (known != null) {
            known.made = made;
            return;
        }
        var creator = new OperatorCreator(made);
        TensorRt.done(
                "registerCreator of " + operator.name(),
                registry.registerCreator(
                        new IPluginCreatorInterface(Address.of(creator.object)), OperatorPlugin.NAMESPACE));
        REGISTERED.put(operator.name(), creator);
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
        return OperatorPlugin.noFields();
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

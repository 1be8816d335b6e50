package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.tensorrt.NativeObject.Function;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.bytedeco.tensorrt.nvinfer.IProgressMonitor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from TensorRT how far a build is: an {@code nvinfer1::IProgressMonitor}, whose functions stand in the order of {@code
 * NvInfer.h} from TensorRT 10.0 on. That order was read from code that is compiled against the header, JavaCPP's own: {@code
 * phaseStart} at 0x20, {@code stepComplete} at 0x28, {@code phaseFinish} at 0x30.
 *
 * <p>Lives as long as the process, as TensorRT's logger does. TensorRT calls it on whichever thread it builds with.
 */
final class ProgressMonitor {

    private static final Logger log = LoggerFactory.getLogger(ProgressMonitor.class);
    private static final boolean GOES_ON = true;

    private final BuildPhases phases = new BuildPhases();
    private final DoubleConsumer share;
    private final MemorySegment object;

    /** @param share told of the build that is done, in [0, 1], never less than before; often, on any thread */
    ProgressMonitor(DoubleConsumer share) {
        this.share = share;
        this.object = new NativeObject(
                        "IProgressMonitor",
                        "IProgressMonitor",
                        List.of(
                                new Function("phaseStart", GOES_ON),
                                new Function("stepComplete", GOES_ON),
                                new Function("phaseFinish", GOES_ON)),
                        this,
                        MethodHandles.lookup())
                .object();
    }

    IProgressMonitor raw() {
        return new IProgressMonitor(Address.of(object));
    }

    MemorySegment object() {
        return object;
    }

    // TensorRT calls these three, and an exception is no reason to end a build.

    void phaseStart(long phase, long parent, int steps) {
        heard(() -> phases.start(RawMemory.text(phase), parent == 0 ? null : RawMemory.text(parent), steps));
    }

    /** @return whether to go on; where that is not wanted any more, the process is killed */
    boolean stepComplete(long phase, int step) {
        heard(() -> phases.stepDone(RawMemory.text(phase), step));
        return GOES_ON;
    }

    void phaseFinish(long phase) {
        heard(() -> phases.finish(RawMemory.text(phase)));
    }

    private void heard(Runnable told) {
        try {
            told.run();
            share.accept(phases.share());
        } catch (RuntimeException | Error e) {
            log.warn("how far the build is was not understood", e);
        }
    }
}

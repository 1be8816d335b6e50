package goshawk.trtbuild.tensorrt;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.ILogger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TensorRT's version, its log, and what its calls answer. */
public final class TensorRt {

    private static final Logger log = LoggerFactory.getLogger(TensorRt.class);

    /** Begins what TensorRT tells of its memory, which a build's log is to have. */
    private static final String MEMORY = "[MemUsage";

    /** Lives as long as the process: TensorRT keeps pointers to it. */
    static final Log LOG = new Log();

    private TensorRt() {}

    /** Of the library that was loaded, for example {@code 10.6.0}. */
    public static String version() {
        try {
            int version = nvinfer.getInferLibVersion();
            return "%d.%d.%d".formatted(version / 10_000, version / 100 % 100, version % 100);
        } catch (LinkageError e) {
            throw Device.missing("TensorRT 10", e);
        }
    }

    /** @return {@code made} */
    static <T extends Pointer> T made(String call, @Nullable T made) {
        if (made == null || made.isNull()) {
            throw new NativeCallException(call, LastErrors.said());
        }
        return made;
    }

    static void done(String call, boolean isDone) {
        if (!isDone) {
            throw new NativeCallException(call, LastErrors.said());
        }
    }

    static Dims64 dims(long... sizes) {
        var dims = new Dims64();
        dims.nbDims(sizes.length);
        for (int i = 0; i < sizes.length; i++) {
            dims.d(i, sizes[i]);
        }
        return dims;
    }

    /** TensorRT's own messages; the last errors are kept. */
    static final class Log extends ILogger {

        @Override
        public void log(Severity severity, String message) {
            switch (severity.intern()) {
                case kINTERNAL_ERROR, kERROR -> {
                    log.error("TensorRT: {}", message);
                    LastErrors.keep(message);
                }
                case kWARNING -> log.warn("TensorRT: {}", message);
                case kINFO -> {
                    if (message.startsWith(MEMORY)) {
                        log.info("TensorRT: {}", message);
                    } else {
                        log.debug("TensorRT: {}", message);
                    }
                }
                default -> log.trace("TensorRT: {}", message);
            }
        }
    }
}

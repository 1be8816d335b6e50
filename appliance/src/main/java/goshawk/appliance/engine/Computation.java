package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Executable;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An execution that keeps its sizes: TensorRT works out once what follows from them. What is computed again in the same
 * memory is recorded as a CUDA graph, and launched as a whole from then on, in microseconds instead of milliseconds.
 */
final class Computation implements AutoCloseable {

    /** Places of the output. Pieces of a pool take turns, few of them. */
    private static final int MOST = 6;

    private final Executable execution;
    private final DeviceInputs inputs;
    /** By the address of the output, the only one that is not always the same; empty after the first time. */
    private final Map<Long, Optional<DeviceStream.Recorded>> known = new LinkedHashMap<>(MOST, 0.75f, true);

    /** @param inputs taken over */
    Computation(Executable execution, DeviceInputs inputs) {
        this.execution = execution;
        this.inputs = inputs;
    }

    /** To be told sizes and addresses. */
    Executable execution() {
        return execution;
    }

    /** Of the host, for these sizes alone. */
    DeviceInputs inputs() {
        return inputs;
    }

    /**
     * Computes with the sizes and addresses that the execution was told.
     *
     * @param output address of what is computed; all others are the same each time that these sizes are computed
     */
    void run(DeviceStream stream, long output) {
        Optional<DeviceStream.Recorded> recorded = known.get(output);
        if (recorded == null) {
            // What TensorRT does once for new sizes cannot be recorded, and what comes once need not be.
            execution.enqueue(stream);
            remember(output, Optional.empty());
            return;
        }
        if (recorded.isEmpty()) {
            recorded = Optional.of(stream.record(() -> execution.enqueue(stream)));
            remember(output, recorded);
        }
        recorded.ifPresent(stream::launch);
    }

    private void remember(long output, Optional<DeviceStream.Recorded> recorded) {
        if (known.size() == MOST && !known.containsKey(output)) {
            Iterator<Optional<DeviceStream.Recorded>> eldest = known.values().iterator();
            eldest.next().ifPresent(DeviceStream.Recorded::close);
            eldest.remove();
        }
        known.put(output, recorded);
    }

    /** Forgets what was recorded, because other sizes come; the execution stays the caller's. */
    @Override
    public void close() {
        known.values().forEach(recorded -> recorded.ifPresent(DeviceStream.Recorded::close));
        known.clear();
        inputs.close();
    }
}

package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Execution;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An execution that keeps its sizes: TensorRT works out once what follows from them. What is computed again in the same
 * memory is recorded as a CUDA graph, and launched as a whole from then on, in microseconds instead of milliseconds.
 */
final class Computation implements AutoCloseable {

    /** Sets of memory. Pieces of the pools take turns, few of them. */
    private static final int MOST = 6;

    private final Execution execution;
    private final DeviceInputs inputs;
    /** By the addresses that are not always the same; empty after the first time. */
    private final Map<List<Long>, Optional<DeviceStream.Recorded>> known = new LinkedHashMap<>(MOST, 0.75f, true);

    /** @param inputs taken over */
    Computation(Execution execution, DeviceInputs inputs) {
        this.execution = execution;
        this.inputs = inputs;
    }

    /** To be told sizes and addresses, also where a recording makes do without. */
    Execution execution() {
        return execution;
    }

    /** Of the host, for these sizes alone. */
    DeviceInputs inputs() {
        return inputs;
    }

    /**
     * Computes with the sizes and addresses that the execution was told.
     *
     * @param places all of its addresses that are not the same each time that these sizes are computed
     */
    void run(DeviceStream stream, List<Long> places) {
        Optional<DeviceStream.Recorded> recorded = known.get(places);
        if (recorded == null) {
            // What TensorRT does once for new sizes cannot be recorded, and what comes once need not be.
            execution.enqueue(stream);
            remember(places, Optional.empty());
            return;
        }
        if (recorded.isEmpty()) {
            recorded = Optional.of(stream.record(() -> execution.enqueue(stream)));
            remember(places, recorded);
        }
        recorded.ifPresent(stream::launch);
    }

    /** Whether {@link #run} would launch a recording, which needs no addresses. */
    boolean isRecorded(List<Long> places) {
        Optional<DeviceStream.Recorded> recorded = known.get(places);
        return recorded != null && recorded.isPresent();
    }

    private void remember(List<Long> places, Optional<DeviceStream.Recorded> recorded) {
        if (known.size() == MOST && !known.containsKey(places)) {
            Iterator<Optional<DeviceStream.Recorded>> eldest = known.values().iterator();
            eldest.next().ifPresent(DeviceStream.Recorded::close);
            eldest.remove();
        }
        known.put(places, recorded);
    }

    /** Forgets what was recorded, because other sizes come; the execution stays the caller's. */
    @Override
    public void close() {
        known.values().forEach(recorded -> recorded.ifPresent(DeviceStream.Recorded::close));
        known.clear();
        inputs.close();
    }
}

package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;

/** What the device does one thing after another. Calls return before it is done; addresses are the device's. */
public final class DeviceStream implements AutoCloseable {

    private final CUstream_st stream = new CUstream_st();

    public DeviceStream() {
        Cuda.check("cudaStreamCreate", cudart.cudaStreamCreateWithFlags(stream, cudart.cudaStreamNonBlocking));
    }

    CUstream_st raw() {
        return stream;
    }

    long address() {
        return stream.address();
    }

    /** @param from pinned, and left alone until this is done */
    public void copyIn(long to, MemorySegment from) {
        Cuda.check(
                "cudaMemcpyAsync to the device",
                cudart.cudaMemcpyAsync(
                        new Address(to), Address.of(from), from.byteSize(), cudart.cudaMemcpyHostToDevice, stream));
    }

    /** @param to pinned */
    public void copyOut(MemorySegment to, long from) {
        Cuda.check(
                "cudaMemcpyAsync from the device",
                cudart.cudaMemcpyAsync(
                        Address.of(to), new Address(from), to.byteSize(), cudart.cudaMemcpyDeviceToHost, stream));
    }

    /**
     * Copies {@code rows} rows of {@code width} bytes on the device.
     *
     * @param toPitch bytes from one row to the next
     */
    public void copy(long to, long toPitch, long from, long fromPitch, long width, long rows) {
        Cuda.check(
                "cudaMemcpy2DAsync",
                cudart.cudaMemcpy2DAsync(
                        new Address(to),
                        toPitch,
                        new Address(from),
                        fromPitch,
                        width,
                        rows,
                        cudart.cudaMemcpyDeviceToDevice,
                        stream));
    }

    public void zero(long address, long bytes) {
        Cuda.check("cudaMemsetAsync", cudart.cudaMemsetAsync(new Address(address), 0, bytes, stream));
    }

    /** The place that the stream has come to, to be waited for here or by another stream. */
    public Mark mark() {
        var mark = new Mark();
        Cuda.check("cudaEventRecord", cudart.cudaEventRecord(mark.event, stream));
        return mark;
    }

    /** What comes now begins when another stream has come to its mark. */
    public void after(Mark mark) {
        Cuda.check("cudaStreamWaitEvent", cudart.cudaStreamWaitEvent(stream, mark.event, 0));
    }

    /** Waits until all is done; faults of earlier work come up here. */
    public void synchronize() {
        Cuda.check("cudaStreamSynchronize", cudart.cudaStreamSynchronize(stream));
    }

    /** Records {@code work}, which does nothing now, to be launched as a whole. */
    public Recorded record(Runnable work) {
        Cuda.check(
                "cudaStreamBeginCapture",
                cudart.cudaStreamBeginCapture(stream, cudart.cudaStreamCaptureModeThreadLocal));
        var graph = new CUgraph_st();
        try {
            work.run();
        } catch (RuntimeException e) {
            cudart.cudaStreamEndCapture(stream, graph); // fails too, and would hide why
            throw e;
        }
        Cuda.check("cudaStreamEndCapture", cudart.cudaStreamEndCapture(stream, graph));
        var launched = new CUgraphExec_st();
        Cuda.check("cudaGraphInstantiate", cudart.cudaGraphInstantiate(launched, graph, 0));
        Cuda.check("cudaGraphDestroy", cudart.cudaGraphDestroy(graph));
        return new Recorded(launched);
    }

    public void launch(Recorded recorded) {
        Cuda.check("cudaGraphLaunch", cudart.cudaGraphLaunch(recorded.graph, stream));
    }

    @Override
    public void close() {
        Cuda.check("cudaStreamDestroy", cudart.cudaStreamDestroy(stream));
    }

    /** A place in a stream's work. */
    public static final class Mark implements AutoCloseable {

        private final CUevent_st event = new CUevent_st();

        private Mark() {
            Cuda.check(
                    "cudaEventCreateWithFlags", cudart.cudaEventCreateWithFlags(event, cudart.cudaEventDisableTiming));
        }

        /** Waits until the stream has come so far. */
        public void await() {
            Cuda.check("cudaEventSynchronize", cudart.cudaEventSynchronize(event));
        }

        @Override
        public void close() {
            Cuda.check("cudaEventDestroy", cudart.cudaEventDestroy(event));
        }
    }

    /** Work of a stream, recorded as a CUDA graph: the same calls with the same addresses and sizes, each time. */
    public static final class Recorded implements AutoCloseable {

        private final CUgraphExec_st graph;

        private Recorded(CUgraphExec_st graph) {
            this.graph = graph;
        }

        @Override
        public void close() {
            Cuda.check("cudaGraphExecDestroy", cudart.cudaGraphExecDestroy(graph));
        }
    }
}

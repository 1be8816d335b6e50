package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Memory of the host that is sent to the device: whoever writes to it waits until the device has what was sent before. */
final class Staging implements AutoCloseable {

    private final PinnedMemory memory;
    private Optional<DeviceStream.Mark> sent = Optional.empty();

    Staging(long bytes) {
        this.memory = new PinnedMemory(bytes);
    }

    /** To be written to, and sent from piece by piece. */
    MemorySegment room() {
        awaitSent();
        return memory.segment();
    }

    /** Sends bytes from {@code from} on, in the order of the stream; they are left alone until {@link #room} is asked for again. */
    void send(DeviceStream stream, long to, long from, long bytes) {
        stream.copyIn(to, memory.segment().asSlice(from, bytes));
        sent.ifPresent(DeviceStream.Mark::close);
        sent = Optional.of(stream.mark());
    }

    private void awaitSent() {
        Optional<DeviceStream.Mark> last = sent;
        sent = Optional.empty();
        last.ifPresent(mark -> {
            mark.await();
            mark.close();
        });
    }

    @Override
    public void close() {
        awaitSent();
        memory.close();
    }
}

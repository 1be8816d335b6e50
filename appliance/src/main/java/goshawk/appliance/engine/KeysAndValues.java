package goshawk.appliance.engine;

import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;

/**
 * Room on the device for the keys and values of one conversation: {@code [layers][2][kv heads][capacity][head size]} in
 * BF16, so that each layer's are a tensor of the whole capacity; a mask hides what is not written yet, and that is finite.
 * Tokens are appended behind the last; who holds an earlier state of the conversation sees fewer of them.
 */
final class KeysAndValues {

    private final DeviceMemory memory;
    private final Layout layout;
    private final int capacity;
    private int written;
    private int holders;

    /**
     * Sizes of a model's keys and values.
     *
     * @param rows that one token has: layers, two of each, and heads
     * @param rowBytes of one token in one of them
     */
    record Layout(int rows, int rowBytes) {

        static Layout of(ModelConfig.Text text) {
            return new Layout(2 * text.layers() * text.kvHeads(), Short.BYTES * text.headSize());
        }

        long bytes(long tokens) {
            return tokens * rows * rowBytes;
        }
    }

    KeysAndValues(DeviceMemory memory, Layout layout) {
        this.memory = memory;
        this.layout = layout;
        this.capacity = Math.toIntExact(memory.bytes() / layout.bytes(1));
    }

    /**
     * Tokens that room is made for when there are so many: whole blocks, so that few sizes are in use.
     *
     * @param most that there can be
     */
    static int capacity(int tokens, int most) {
        return Math.ceilDiv(Math.min(tokens, most), PlanLimits.BLOCK) * PlanLimits.BLOCK;
    }

    DeviceMemory memory() {
        return memory;
    }

    int capacity() {
        return capacity;
    }

    /** Whether so many tokens can be appended to whoever holds {@code length} of them, without anybody else seeing it. */
    boolean canAppend(int length, int tokens) {
        return written == length && length + tokens <= capacity;
    }

    /** Begins anew with what is written in another one. */
    void begin(KeysAndValues other, int length, DeviceStream stream) {
        if (length > 0) {
            copy(other.memory.address(), other.pitch(), 0, length, stream);
        }
        written = length;
    }

    /**
     * @param from where {@code [rows][computed][head size]} lie
     * @param tokens the first of them, which are appended
     */
    void append(long from, int computed, int tokens, DeviceStream stream) {
        copy(from, (long) computed * layout.rowBytes, written, tokens, stream);
        written += tokens;
    }

    private void copy(long from, long fromPitch, int at, int tokens, DeviceStream stream) {
        stream.copy(
                memory.address() + (long) at * layout.rowBytes,
                pitch(),
                from,
                fromPitch,
                (long) tokens * layout.rowBytes,
                layout.rows);
    }

    private long pitch() {
        return (long) capacity * layout.rowBytes;
    }

    void hold() {
        holders++;
    }

    /** @return whether nobody holds it any more */
    boolean release() {
        return --holders == 0;
    }
}

package goshawk.appliance.engine;

import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;

/**
 * Room on the device for the keys and values of one conversation: {@code [layers][2][kv heads][capacity][head size]} in
 * BF16. Attention itself writes those of new tokens behind the last; who holds an earlier state of the conversation sees fewer
 * of them. What no token was written to is never read.
 */
final class KeysAndValues {

    private final long address;
    private final int capacity;
    private final Layout layout;
    private final Runnable free;
    private int written;
    private int holders;

    /**
     * Sizes of a model's keys and values.
     *
     * @param layers that have room of their own; if it is one, all of a model's use it in turn
     * @param rowBytes of one token in one head
     */
    record Layout(int layers, int kvHeads, int rowBytes) {

        static Layout of(ModelConfig.Text text) {
            return new Layout(text.layers(), text.kvHeads(), Short.BYTES * text.headSize());
        }

        Layout ofOneLayer() {
            return new Layout(1, kvHeads, rowBytes);
        }

        /** Pieces in which tokens lie one behind the other: a head's keys, or its values. */
        private long heads() {
            return 2L * layers * kvHeads;
        }

        private long headBytes(long tokens) {
            return tokens * rowBytes;
        }

        private long layerBytes(long tokens) {
            return layers == 1 ? 0 : 2L * kvHeads * headBytes(tokens);
        }

        long bytes(long tokens) {
            return heads() * headBytes(tokens);
        }
    }

    /** Copies {@code rows} rows of {@code width} bytes on the device; a pitch is what lies between the beginnings of two. */
    @FunctionalInterface
    interface Copying {

        void copy(long to, long toPitch, long from, long fromPitch, long width, long rows);
    }

    /**
     * @param address of as many bytes as {@code layout} says
     * @param capacity tokens that there is room for
     * @param free called when nobody holds it any more
     */
    KeysAndValues(long address, int capacity, Layout layout, Runnable free) {
        this.address = address;
        this.capacity = capacity;
        this.layout = layout;
        this.free = free;
    }

    /**
     * Tokens that room is made for when there are so many: whole blocks, so that few sizes are in use.
     *
     * @param most that there can be
     */
    static int capacity(int tokens, int most) {
        return Math.ceilDiv(Math.min(tokens, most), PlanLimits.BLOCK) * PlanLimits.BLOCK;
    }

    /** Whether so many tokens can be appended to whoever holds {@code length} of them, without anybody else seeing it. */
    boolean canAppend(int length, int tokens) {
        return written == length && length + tokens <= capacity;
    }

    /** Begins anew with the first {@code length} tokens of another one. */
    void begin(KeysAndValues other, int length, Copying device) {
        if (length > 0) {
            device.copy(
                    address,
                    layout.headBytes(capacity),
                    other.address,
                    layout.headBytes(other.capacity),
                    layout.headBytes(length),
                    layout.heads());
        }
        written = length;
    }

    /**
     * Where the next tokens are written, behind all that are there; from now on they count.
     *
     * @throws IllegalStateException if there is no room for them
     */
    AttentionPlaces append(int tokens) {
        var places = new AttentionPlaces(room(), written, roomFor(written, tokens), written, tokens);
        written += tokens;
        return places;
    }

    /**
     * New tokens that see the first {@code length} and are not kept.
     *
     * @param scratch what they are written to, from its beginning
     * @throws IllegalStateException if there is no room for them
     */
    AttentionPlaces aside(int length, KeysAndValues scratch, int tokens) {
        return new AttentionPlaces(room(), length, scratch.roomFor(0, tokens), 0, tokens);
    }

    private AttentionPlaces.Room roomFor(int first, int tokens) {
        if (tokens > capacity - first) {
            throw new IllegalStateException("%d tokens behind %d in room for %d".formatted(tokens, first, capacity));
        }
        return room();
    }

    private AttentionPlaces.Room room() {
        return new AttentionPlaces.Room(address, layout.layerBytes(capacity), layout.headBytes(capacity));
    }

    void hold() {
        holders++;
    }

    void release() {
        if (--holders == 0) {
            free.run();
        }
    }
}

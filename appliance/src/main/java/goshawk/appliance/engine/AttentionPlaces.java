package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.AttentionSizes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where attention finds keys and values of earlier tokens, and where it writes those of new ones: all that a computation is
 * told of a conversation, so that its sizes and its recording are good for each.
 *
 * @param past of earlier tokens
 * @param pastTokens of which new ones see all, from the first; 0 if there are none
 * @param fresh of new tokens
 * @param first the place there that the first new one is written to
 * @param tokens new ones, at least 1; rows behind them are nobody's
 */
record AttentionPlaces(Room past, int pastTokens, Room fresh, int first, int tokens) {

    static final int BYTES = AttentionSizes.PLACES * Integer.BYTES;

    /** Without it nothing is done: TensorRT may try kernels with any numbers while it builds. */
    static final long MAGIC = 0x676F736861776B31L;

    /**
     * Memory of the device for keys and values of some layers. Those of layer {@code l}, key head {@code h}, token {@code t}
     * lie {@code l · layerBytes + h · headBytes} behind the address, {@code t} tokens further; values behind the layer's keys.
     *
     * @param layerBytes from one layer to the next; 0 if all use the same
     * @param headBytes from one head to the next: those of as many tokens as there is room for
     */
    record Room(long address, long layerBytes, long headBytes) {}

    AttentionPlaces {
        if (pastTokens < 0 || first < 0 || tokens < 1) {
            throw new IllegalArgumentException("%d tokens at %d behind %d others; want at least one, at 0 or more"
                    .formatted(tokens, first, pastTokens));
        }
    }

    /** @param places {@value #BYTES} bytes, as kernels read them */
    void write(MemorySegment places) {
        long[] all = {
            MAGIC,
            past.address,
            past.layerBytes,
            past.headBytes,
            pastTokens,
            fresh.address,
            fresh.layerBytes,
            fresh.headBytes,
            first,
            tokens
        };
        MemorySegment.copy(all, 0, places, ValueLayout.JAVA_LONG, 0, all.length);
    }
}

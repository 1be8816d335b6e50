package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Executable;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the first layers read of each token, on the device: a row of the embedding table from the host, or of what the vision
 * tower saw, which never leaves the device. Belongs to the model's thread.
 */
final class DeviceWords implements AutoCloseable {

    private final int levels;
    private final int hidden;
    private final long rowBytes;
    private final EmbeddingTable table;
    private final Staging host;
    /** {@code [1 + taps, rows, hidden]}. */
    private final DeviceMemory device;

    /**
     * Some of the words.
     *
     * @param isSeen by word: whether it takes the next row of what was seen
     * @param first of them
     * @param tokens from there on
     * @param firstSeen row of what was seen for the first that takes one
     */
    record Piece(NativeModel.Words words, boolean[] isSeen, int first, int tokens, int firstSeen) {

        /** All of them, without pictures. */
        static Piece ofText(NativeModel.Words words) {
            int tokens = words.ids().length;
            return new Piece(words, new boolean[tokens], 0, tokens, 0);
        }

        /** The first word behind these. */
        int end() {
            return first + tokens;
        }

        /** Those that come behind these. */
        Piece next(int count) {
            return new Piece(words, isSeen, end(), count, firstSeen + seen());
        }

        boolean isText() {
            return seen() == 0;
        }

        private int seen() {
            int seen = 0;
            for (int i = first; i < end(); i++) {
                seen += isSeen[i] ? 1 : 0;
            }
            return seen;
        }

        /** @param half of a head's size */
        float[] cos(int half) {
            return angles(words.cos(), half);
        }

        /** @param half of a head's size */
        float[] sin(int half) {
            return angles(words.sin(), half);
        }

        private float[] angles(float[] all, int half) {
            return tokens * half == all.length ? all : Arrays.copyOfRange(all, first * half, end() * half);
        }
    }

    /** @param most tokens at once */
    DeviceWords(EngineFolder folder, int most) {
        ModelConfig config = folder.config();
        this.levels = 1 + config.vision().taps().size();
        this.hidden = config.text().hidden();
        this.rowBytes = (long) Short.BYTES * hidden;
        this.table = new EmbeddingTable(folder.table(), config.text());
        this.host = new Staging(most * rowBytes);
        this.device = new DeviceMemory(rowBytes * levels * most);
    }

    /**
     * Sends them, behind whatever {@code stream} does, and tells the execution where they are.
     *
     * @param rows at least as many as the piece has tokens; 0 behind them
     */
    void put(Executable execution, Piece piece, int rows, Optional<DeviceVision.Seen> seen, DeviceStream stream) {
        int tokens = piece.tokens;
        execution.shape("words", rows, hidden);
        execution.address("words", device.address());
        if (levels > 1) {
            execution.shape("deep_features", levels - 1, rows, hidden);
            execution.address("deep_features", device.address() + rows * rowBytes);
        }
        stream.zero(device.address() + tokens * rowBytes, rowBytes * ((long) levels * rows - tokens));
        seen.ifPresent(it -> it.before(stream));
        MemorySegment room = host.room();
        int row = piece.firstSeen;
        for (int from = 0; from < tokens; ) {
            boolean isSeen = piece.isSeen[piece.first + from];
            int to = from + 1;
            while (to < tokens && piece.isSeen[piece.first + to] == isSeen) {
                to++;
            }
            if (isSeen) {
                copySeen(seen.orElseThrow(), row, from, to - from, rows, stream);
                row += to - from;
            } else {
                send(piece, from, to, room, stream);
            }
            from = to;
        }
        seen.ifPresent(it -> it.after(stream));
    }

    private void copySeen(DeviceVision.Seen seen, int row, int to, int count, int rows, DeviceStream stream) {
        stream.copy(
                device.address() + to * rowBytes,
                rows * rowBytes,
                seen.address() + row * rowBytes,
                seen.tokens() * rowBytes,
                count * rowBytes,
                levels);
    }

    private void send(Piece piece, int from, int to, MemorySegment room, DeviceStream stream) {
        for (int i = from; i < to; i++) {
            table.copy(piece.words.ids()[piece.first + i], room, i);
        }
        host.send(stream, device.address() + from * rowBytes, from * rowBytes, (to - from) * rowBytes);
    }

    @Override
    public void close() {
        table.close();
        host.close();
        device.close();
    }
}

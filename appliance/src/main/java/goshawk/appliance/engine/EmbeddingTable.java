package goshawk.appliance.engine;

import goshawk.trtbuild.ModelConfig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A model's embedding table in the host's memory, in BF16: rows of it go to the device as they are needed. */
final class EmbeddingTable implements AutoCloseable {

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment rows;
    private final long rowBytes;

    EmbeddingTable(Path file, ModelConfig.Text text) {
        this.rowBytes = (long) Short.BYTES * text.hidden();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            this.rows = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new EngineException("cannot read %s: %s".formatted(file, e), e);
        }
        if (rows.byteSize() != rowBytes * text.vocabulary()) {
            throw new EngineException("%s has %,d bytes, %d rows of %d numbers have %,d; build the engine again"
                    .formatted(file, rows.byteSize(), text.vocabulary(), text.hidden(), rowBytes * text.vocabulary()));
        }
    }

    /** The row of a token, to become the row of that number. */
    void copy(int token, MemorySegment into, int row) {
        MemorySegment.copy(rows, token * rowBytes, into, row * rowBytes, rowBytes);
    }

    @Override
    public void close() {
        arena.close();
    }
}

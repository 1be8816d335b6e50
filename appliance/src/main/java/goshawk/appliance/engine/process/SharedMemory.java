package goshawk.appliance.engine.process;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * FP32 numbers of one call at a time, in a file that two processes have mapped: one writes, the other reads. Before them
 * stands the call's id, so that no numbers are taken for another call's. Grows with what is written; the message that
 * speaks of the numbers goes through a pipe, so they are there when it arrives.
 *
 * <p>Used by one thread at a time. The mapping itself is left to the garbage collector: whoever still reads numbers while
 * this is closed reads them to the end.
 */
final class SharedMemory implements AutoCloseable {

    /** The id, and what vector instructions like. */
    private static final long HEADER_BYTES = 64;

    private static final int BLOCK = 1 << 20;

    private final RandomAccessFile file;
    private MemorySegment mapped = MemorySegment.NULL;

    private SharedMemory(RandomAccessFile file) {
        this.file = file;
    }

    /** Makes the file, which nobody but us can read. */
    static SharedMemory create(Path path) throws IOException {
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return open(path);
    }

    /** The file may be deleted once both sides have opened it. */
    static SharedMemory open(Path path) throws IOException {
        return new SharedMemory(new RandomAccessFile(path.toFile(), "rw"));
    }

    /**
     * Room for the numbers of a call, which are to be written before the call is spoken of.
     *
     * @throws IOException when there is no memory for so many
     */
    MemorySegment write(long id, long numbers) throws IOException {
        long bytes = HEADER_BYTES + numbers * Float.BYTES;
        if (bytes > mapped.byteSize()) {
            grow(bytes);
            map();
        }
        mapped.set(ValueLayout.JAVA_LONG, 0, id);
        return mapped.asSlice(HEADER_BYTES, numbers * Float.BYTES);
    }

    /**
     * The numbers of a call, as the other side wrote them.
     *
     * @throws IOException when they are another call's, or fewer
     */
    MemorySegment read(long id, long numbers) throws IOException {
        long bytes = HEADER_BYTES + numbers * Float.BYTES;
        if (numbers < 0 || bytes > mapped.byteSize()) {
            map();
        }
        if (numbers < 0 || bytes > mapped.byteSize()) {
            throw new IOException("%d numbers in a shared memory of %d bytes".formatted(numbers, mapped.byteSize()));
        }
        long found = mapped.get(ValueLayout.JAVA_LONG, 0);
        if (found != id) {
            throw new IOException("the shared memory holds the numbers of call %d, not of %d".formatted(found, id));
        }
        return mapped.asSlice(HEADER_BYTES, numbers * Float.BYTES);
    }

    /** Writes the pages, because a page that cannot be had on first use would end the process that uses it. */
    private void grow(long bytes) throws IOException {
        byte[] zeros = new byte[BLOCK];
        file.seek(file.length());
        while (file.length() < bytes) {
            file.write(zeros);
        }
    }

    private void map() throws IOException {
        boolean interrupted = Thread.interrupted(); // a channel closes itself under an interrupted thread
        try {
            mapped = file.getChannel().map(MapMode.READ_WRITE, 0, file.length(), Arena.ofAuto());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}

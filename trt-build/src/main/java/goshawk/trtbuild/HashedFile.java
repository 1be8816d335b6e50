package goshawk.trtbuild;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A new file and the SHA-256 of what is written to it, so that gigabytes are not read again for that. */
final class HashedFile implements WritableByteChannel {

    private final FileChannel channel;
    private final MessageDigest digest = Sha256.digest();

    private HashedFile(FileChannel channel) {
        this.channel = channel;
    }

    static HashedFile create(Path file) throws IOException {
        return new HashedFile(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    /** Writes all of it. */
    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        digest.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        return count;
    }

    /** Ends the file, which is on the disk then. */
    String sha256() throws IOException {
        channel.force(true);
        channel.close();
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

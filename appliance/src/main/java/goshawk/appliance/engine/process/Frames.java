package goshawk.appliance.engine.process;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Messages on a pipe, each behind its length in bytes, in network byte order. */
final class Frames {

    /** Of the messages in {@link Call} and {@link Answer}: raised whenever one of them changes. */
    static final int VERSION = 2;

    /** A conversation of a million tokens is 4 MiB. */
    private static final int MOST_BYTES = 64 << 20;

    private Frames() {}

    /** What a message is made of. */
    interface Message {

        void write(DataOutputStream out) throws IOException;
    }

    static void send(OutputStream pipe, Message message) throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.write(new byte[Integer.BYTES]);
        message.write(new DataOutputStream(bytes));
        byte[] frame = bytes.toByteArray();
        ByteBuffer.wrap(frame).putInt(frame.length - Integer.BYTES);
        pipe.write(frame);
        pipe.flush();
    }

    /** @throws EOFException when the other side has closed the pipe, or ended */
    static DataInputStream receive(InputStream pipe) throws IOException {
        int length = new DataInputStream(pipe).readInt();
        if (length < 1 || length > MOST_BYTES) {
            throw new IOException("a message of %d bytes".formatted(length));
        }
        byte[] message = pipe.readNBytes(length);
        if (message.length < length) {
            throw new EOFException("a message of %d bytes ends after %d".formatted(length, message.length));
        }
        return new DataInputStream(new ByteArrayInputStream(message));
    }

    static void write(DataOutputStream out, int[] values) throws IOException {
        out.writeInt(values.length);
        for (int value : values) {
            out.writeInt(value);
        }
    }

    static int[] integers(DataInputStream in) throws IOException {
        int[] values = new int[count(in, Integer.BYTES)];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readInt();
        }
        return values;
    }

    static void write(DataOutputStream out, List<Long> values) throws IOException {
        out.writeInt(values.size());
        for (long value : values) {
            out.writeLong(value);
        }
    }

    static List<Long> longs(DataInputStream in) throws IOException {
        List<Long> values = new ArrayList<>();
        for (int left = count(in, Long.BYTES); left > 0; left--) {
            values.add(in.readLong());
        }
        return values;
    }

    /** A number of things of so many bytes each that are still to come. */
    static int count(DataInputStream in, int bytes) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available() / bytes) {
            throw new IOException(
                    "a message speaks of %d things and has %d bytes left".formatted(count, in.available()));
        }
        return count;
    }
}

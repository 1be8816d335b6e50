package goshawk.trtbuild;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes safetensors files for tests, also wrong ones: the header is taken as it is given. */
final class SafetensorsFile {

    private SafetensorsFile() {}

    static Path write(Path file, String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        var out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .array());
        out.writeBytes(json);
        out.writeBytes(data);
        return Files.write(file, out.toByteArray());
    }

    /** Copies a file with one change to its header; the data stays where it is, relative to the header's end. */
    static void change(Path from, Path to, HeaderChange change) throws IOException {
        byte[] all = Files.readAllBytes(from);
        int length = Math.toIntExact(
                ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong());
        var mapper = new ObjectMapper();
        var header = (ObjectNode) mapper.readTree(new String(all, 8, length, StandardCharsets.UTF_8));
        change.apply(header);
        byte[] data = new byte[all.length - 8 - length];
        System.arraycopy(all, 8 + length, data, 0, data.length);
        write(to, mapper.writeValueAsString(header), data);
    }

    interface HeaderChange {
        void apply(ObjectNode header);
    }
}

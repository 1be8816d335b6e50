package goshawk.trtbuild;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;

/** Records as JSON for people and for us; those with a field {@code format} are read in the layout of this version alone. */
public final class JsonRecord {

    private JsonRecord() {}

    /** @param made of records, numbers, strings, lists and maps */
    public static byte[] bytes(Object made) {
        try {
            return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(made);
        } catch (JsonProcessingException e) {
            throw new AssertionError("records of numbers, strings, lists and maps are JSON", e);
        }
    }

    /** @throws IOException if these bytes are no such record of this format */
    public static <T> T read(byte[] json, int format, Class<T> type) throws IOException {
        var mapper = new ObjectMapper();
        int found = mapper.readTree(json).path("format").asInt(0);
        if (found != format) {
            throw new IOException("format %d, want %d".formatted(found, format));
        }
        return mapper.readValue(json, type);
    }
}

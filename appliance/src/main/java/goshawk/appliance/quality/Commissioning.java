package goshawk.appliance.quality;

import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.quality.DirtMap;
import goshawk.trtbuild.Durable;
import goshawk.trtbuild.JsonRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * How pictures were when the station was commissioned, as it is kept in the data folder.
 *
 * @param recipe that the pictures were taken for
 * @param at when it was over, ISO 8601
 * @param means of each measure
 */
record Commissioning(int format, String recipe, String at, DirtMap.Commissioning cells, Map<Measure, Double> means) {

    static final int FORMAT = 1;

    /** @throws IOException when there is none, or one of another format */
    static Commissioning read(Path file) throws IOException {
        return JsonRecord.read(Files.readAllBytes(file), FORMAT, Commissioning.class);
    }

    /** Replaces the file in one step. */
    void write(Path file) throws IOException {
        Durable.replace(file, JsonRecord.bytes(this));
    }
}

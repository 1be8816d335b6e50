package goshawk.camera.aravis;

import java.util.Optional;

/**
 * A feature of a camera, as it is now.
 *
 * @param category the group that the camera shows it in
 * @param value empty for a command, and for what cannot be read now
 */
public record Feature(
        String category, String name, Access access, Optional<String> value, FeatureRange range, String description) {

    /** What may be done with it now. */
    public enum Access {
        READ("read only"),
        WRITE("write only"),
        BOTH("read and write"),
        NONE("not available with the present settings");

        private final String words;

        Access(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }
}

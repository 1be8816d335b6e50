package goshawk.camera;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A camera's user and password, from a file that nobody else may read. They are in no log and no message. */
public final class Credentials {

    private static final Set<PosixFilePermission> OWNERS = PosixFilePermissions.fromString("rwx------");
    private static final int LONGEST = 4_096;

    private final String user;
    private final String password;

    private Credentials(String user, String password) {
        this.user = user;
        this.password = password;
    }

    /**
     * @param file one line, {@code user:password}
     * @throws CameraException when it cannot be read, is no such line, or others than its owner may read it
     */
    public static Credentials read(Path file) {
        try {
            Set<PosixFilePermission> rights = Files.getPosixFilePermissions(file);
            if (!OWNERS.containsAll(rights)) {
                throw new CameraException("the camera's password file %s may be read by others (%s); run: chmod 600 %s"
                        .formatted(file, PosixFilePermissions.toString(rights), file));
            }
            if (Files.size(file) > LONGEST) {
                throw new CameraException("the camera's password file " + file + " is too long; write user:password");
            }
            String line = Files.readString(file).strip();
            int colon = line.indexOf(':');
            if (colon < 1 || line.lines().count() != 1) {
                throw new CameraException(
                        "the camera's password file " + file + " is not one line user:password; correct it");
            }
            return new Credentials(line.substring(0, colon), line.substring(colon + 1));
        } catch (IOException e) {
            throw new CameraException(
                    "the camera's password file %s cannot be read: %s; check the path and its owner".formatted(file, e),
                    e);
        }
    }

    /** The address with them in it, for FFmpeg alone. */
    String in(String address) {
        int host = address.indexOf("//") + 2;
        return address.substring(0, host) + encoded(user) + ":" + encoded(password) + "@" + address.substring(host);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public String toString() {
        return "***";
    }
}

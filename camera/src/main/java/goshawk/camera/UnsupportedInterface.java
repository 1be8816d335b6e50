package goshawk.camera;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/** Cameras' interfaces that we know by name and do not support, so that whoever names one is told so. */
public enum UnsupportedInterface {
    COAXPRESS("CoaXPress", "(?i)(coa[x]?press|cxp)([-_:/ ].*|[0-9]{0,2}|.?over.*)"),
    CAMERA_LINK("Camera Link", "(?i)(camera[-_ ]?link|clhs|cl)([-_:/ ].*|[0-9]{0,2}|.?hs.*)");

    private final String name;
    private final Pattern pattern;

    UnsupportedInterface(String name, String pattern) {
        this.name = name;
        this.pattern = Pattern.compile(pattern);
    }

    /** The one that a station's {@code kind} or a camera's address names. */
    public static Optional<UnsupportedInterface> named(String written) {
        return Arrays.stream(values())
                .filter(it -> it.pattern.matcher(written.strip()).matches())
                .findFirst();
    }

    /** What is told, with what is possible instead. */
    public String refusal() {
        return "%s is not supported: it needs a frame grabber board and its maker's software. Supported are GigE Vision and USB3 Vision (kind genicam), RTSP and V4L2 cameras, and folders that a camera's own software drops pictures into (kind watch)"
                .formatted(name);
    }
}

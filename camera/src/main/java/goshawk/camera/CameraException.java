package goshawk.camera;

/** A camera, a recording or a picture file could not be used; the message names it, what was tried and the remedy. */
public final class CameraException extends RuntimeException {

    public CameraException(String message) {
        super(message);
    }

    public CameraException(String message, Throwable cause) {
        super(message, cause);
    }
}

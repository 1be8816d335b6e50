package goshawk.camera;

/**
 * What a camera itself says of a picture.
 *
 * @param frameId the camera's count, extended to 64 bits where the camera's is shorter: one higher from picture to
 *     picture, so that a gap is a picture that was lost on the way
 * @param nanos the camera's clock at the exposure, in nanoseconds; starts anywhere and runs at its own pace
 */
public record DeviceStamp(long frameId, long nanos) {}

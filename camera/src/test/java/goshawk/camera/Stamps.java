package goshawk.camera;

import java.util.Optional;

/** What a source knows of a picture that arrived. */
final class Stamps {

    private Stamps() {}

    static Stamp of(long arrivedNanos, Optional<DeviceStamp> device) {
        var stamp = new Stamp();
        stamp.arrived(arrivedNanos);
        device.ifPresent(it -> stamp.told(it.frameId(), it.nanos()));
        return stamp;
    }
}

package goshawk.camera;

import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.aravis.GenicamSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Cameras that nobody triggers: the first picture after each time that the line asks. */
final class LiveCameras {

    private LiveCameras() {}

    static LiveFrameSource of(PictureStream.Opener camera, FramePool pool, Limits limits) {
        return new LiveFrameSource("camera", camera, pool, limits, nobody(limits), first(limits)).start();
    }

    static LiveFrameSource rtsp(String address, FramePool pool, Limits limits) {
        return LiveFrameSource.rtsp(address, Optional.empty(), pool, limits, nobody(limits), first(limits));
    }

    static LiveFrameSource v4l2(Path device, FramePool pool, Limits limits) {
        return LiveFrameSource.v4l2(device, Map.of(), pool, limits, nobody(limits), first(limits));
    }

    static LiveFrameSource genicam(GenicamSettings settings, FramePool pool, Limits limits) {
        return LiveFrameSource.genicam(settings, pool, limits, nobody(limits), first(limits));
    }

    private static TriggerSource nobody(Limits limits) {
        return new TriggerSource.Paced(limits.period());
    }

    private static Matching first(Limits limits) {
        return new Matching.FirstAfter(limits.picture());
    }
}

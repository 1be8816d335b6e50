package goshawk.camera;

import goshawk.camera.aravis.AravisFrameGrabber;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.StreamCounters;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.SequencedMap;

/** A GenICam camera's pictures. Incomplete ones are come to as well. */
final class GenicamPictureStream implements PictureStream {

    private static final long COUNTED_NANOS = 500_000_000;

    private final AravisFrameGrabber grabber;
    private byte[] row = new byte[0];
    private long countedNanos = System.nanoTime();
    /** The library counts for the thread that reads alone; this is told to others. */
    private volatile StreamCounters counted = StreamCounters.NONE;

    private GenicamPictureStream(AravisFrameGrabber grabber) {
        this.grabber = grabber;
    }

    static GenicamPictureStream open(GenicamSettings settings) {
        var grabber = new AravisFrameGrabber(settings);
        grabber.start();
        return new GenicamPictureStream(grabber);
    }

    @Override
    public boolean advance() {
        boolean hasMore = grabber.advance();
        long now = System.nanoTime();
        if (now - countedNanos >= COUNTED_NANOS) {
            countedNanos = now;
            counted = grabber.counters();
        }
        return hasMore;
    }

    /** @throws CameraException also when the picture is in a format that cannot be read, or nothing is known of an incomplete one */
    @Override
    public Optional<Frame> copy(FramePool pool) {
        org.bytedeco.javacv.Frame picture = grabber.frame();
        Optional<Frame> frame = pool.tryTake(picture.imageWidth, picture.imageHeight);
        if (frame.isPresent()) {
            copy(picture, frame.get().rgb());
            Optional<String> damage = grabber.damage();
            if (damage.isPresent()) {
                frame.get().damaged(damage.get());
            }
        }
        return frame;
    }

    private void copy(org.bytedeco.javacv.Frame picture, byte[] rgb) {
        var pixels = (ByteBuffer) picture.image[0];
        int width = picture.imageWidth;
        for (int y = 0; y < picture.imageHeight; y++) {
            int from = y * picture.imageStride;
            if (picture.imageChannels == 3) {
                pixels.get(from, rgb, y * width * 3, width * 3);
            } else {
                row = row.length < width ? new byte[width] : row;
                pixels.get(from, row, 0, width);
                spread(row, width, rgb, y * width * 3);
            }
        }
    }

    /** A grey sample becomes three equal ones. */
    private static void spread(byte[] grey, int width, byte[] rgb, int start) {
        int to = start;
        for (int x = 0; x < width; x++) {
            byte sample = grey[x];
            rgb[to] = sample;
            rgb[to + 1] = sample;
            rgb[to + 2] = sample;
            to += 3;
        }
    }

    @Override
    public void tell(Stamp stamp) {
        if (grabber.isStamped()) {
            stamp.told(grabber.frameId(), grabber.deviceNanos());
        }
    }

    @Override
    public String trouble() {
        return grabber.trouble();
    }

    /** Bytes that a frame of the present picture takes. */
    int bytes() {
        org.bytedeco.javacv.Frame picture = grabber.frame();
        return picture.imageWidth * picture.imageHeight * 3;
    }

    StreamCounters counters() {
        return grabber.counters();
    }

    /** As they were with a picture up to half a second ago, or when it was closed. For any thread. */
    StreamCounters counted() {
        return counted;
    }

    /** Fires the camera's software trigger. For any thread. */
    void trigger() {
        grabber.trigger();
    }

    /** Sets features and reads them back. For any thread. */
    void apply(SequencedMap<String, String> features) {
        grabber.apply(features);
    }

    @Override
    public void close() {
        counted = grabber.counters();
        grabber.release();
    }
}

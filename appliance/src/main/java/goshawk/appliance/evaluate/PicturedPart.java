package goshawk.appliance.evaluate;

import goshawk.camera.Frame;
import goshawk.camera.PartFiles;
import goshawk.camera.Views;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/**
 * A golden part that somebody photographed once. It cannot be laid before the camera again, so a further presentation is the same
 * picture as another exposure would have it: shifted by a part of a pixel, a little brighter or darker, with noise of its own.
 * That is less than a part that is taken out and put back; the study says so.
 */
record PicturedPart(Path folder, List<String> views, KnownPart known) implements GoldenPart {

    static final String PRESENTATIONS =
            "the same picture, shifted by up to half a pixel, up to 2 % brighter or darker, with noise of 1.5 levels";

    private static final double SHIFT_PX = 0.5;
    private static final double EXPOSURE = 0.02;
    private static final double NOISE = 1.5;

    @Override
    public Shown show(int presentation) {
        Views shown = PartFiles.of(folder.resolve(known.file()), views).read();
        return new Shown(known, presentation == 0 ? shown : exposedAgain(shown, presentation));
    }

    @Override
    public Optional<Shown> written() {
        return Optional.empty();
    }

    private Views exposedAgain(Views shown, int presentation) {
        try (shown) {
            SequencedMap<String, Frame> again = new LinkedHashMap<>();
            shown.byName().forEach((view, frame) -> again.put(view, exposedAgain(frame, presentation)));
            return Views.of(again);
        }
    }

    private Frame exposedAgain(Frame frame, int presentation) {
        try (frame) {
            var random = new SplittableRandom(known.file().hashCode() * 31L + presentation);
            double dx = random.nextDouble(-SHIFT_PX, SHIFT_PX);
            double dy = random.nextDouble(-SHIFT_PX, SHIFT_PX);
            double gain = 1 + random.nextDouble(-EXPOSURE, EXPOSURE);
            int width = frame.width();
            int height = frame.height();
            byte[] rgb = frame.rgb();
            byte[] again = new byte[width * height * 3];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    for (int channel = 0; channel < 3; channel++) {
                        double level = gain * level(rgb, width, height, x + dx, y + dy, channel)
                                + NOISE * random.nextGaussian();
                        again[(y * width + x) * 3 + channel] = (byte) (int) Math.clamp(level + 0.5, 0, 255);
                    }
                }
            }
            return Frame.of(width, height, again);
        }
    }

    /** Between pixels, in proportion (bilinear); beyond the edge the edge goes on. */
    private static double level(byte[] rgb, int width, int height, double x, double y, int channel) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double across = x - left;
        double down = y - top;
        double above = (1 - across) * at(rgb, width, height, left, top, channel)
                + across * at(rgb, width, height, left + 1, top, channel);
        double below = (1 - across) * at(rgb, width, height, left, top + 1, channel)
                + across * at(rgb, width, height, left + 1, top + 1, channel);
        return (1 - down) * above + down * below;
    }

    private static int at(byte[] rgb, int width, int height, int x, int y, int channel) {
        int inX = Math.clamp(x, 0, width - 1);
        int inY = Math.clamp(y, 0, height - 1);
        return rgb[(inY * width + inX) * 3 + channel] & 0xFF;
    }
}

package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A film as the vision tower takes it, by a checkpoint's {@code video_preprocessor_config.json}: frames chosen evenly,
 * resized so that all of them together keep the file's limits, cut into patches of two frames each. The same numbers, bit
 * by bit, as transformers' {@code Qwen3VLVideoProcessor} gives on a CPU.
 *
 * <p>Immutable; safe for any thread.
 */
public final class FilmPreprocessor {

    private static final double USUAL_FPS = 2;
    private static final int USUAL_FRAMES_LEAST = 4;
    private static final int USUAL_FRAMES_MOST = 768;
    private static final int USUAL_TOKENS_A_FRAME = 768;

    private final PixelRules rules;
    private final double fps;
    private final int leastFrames;
    private final int mostFrames;
    /** Tokens that one frame may cost, where the file caps frames and not only the film. */
    private final Optional<Integer> tokensPerFrame;

    private FilmPreprocessor(
            PixelRules rules, double fps, int leastFrames, int mostFrames, Optional<Integer> tokensPerFrame) {
        this.rules = rules;
        this.fps = fps;
        this.leastFrames = leastFrames;
        this.mostFrames = mostFrames;
        this.tokensPerFrame = tokensPerFrame;
    }

    /**
     * Reads {@code video_preprocessor_config.json} of a checkpoint, or the film's part of {@code processor_config.json}.
     *
     * @throws CheckpointException when the file or one of its numbers is missing or impossible
     */
    public static FilmPreprocessor read(Path checkpoint) {
        var film = PixelRules.Processor.FILM;
        PixelRules.Settings settings = PixelRules.settings(checkpoint, film);
        JsonNode json = settings.json();
        double fps = json.path("fps").asDouble(USUAL_FPS);
        int least = json.path("min_frames").asInt(USUAL_FRAMES_LEAST);
        int most = json.path("max_frames").asInt(USUAL_FRAMES_MOST);
        if (!(fps > 0) || least < 1 || most < least) {
            throw new CheckpointException(
                    "%s: fps %s, min_frames %d and max_frames %d contradict each other; copy the checkpoint again, whole"
                            .formatted(settings.file(), fps, least, most));
        }
        Optional<Integer> cap = json.path("cap_pixels_per_frame").asBoolean(false)
                ? Optional.of(json.path("max_video_tokens").asInt(USUAL_TOKENS_A_FRAME))
                : Optional.empty();
        return new FilmPreprocessor(PixelRules.of(settings, film), fps, least, most, cap);
    }

    /** Whether the checkpoint says how it takes films. */
    public static boolean isIn(Path checkpoint) {
        return PixelRules.Processor.FILM.isConfigured(checkpoint);
    }

    /** Frames a second that the model wants. */
    public double fps() {
        return fps;
    }

    /**
     * Which frames of a film the model is shown when nobody chose: evenly, {@link #fps()} of them a second.
     *
     * @param frames in the film, at least 1
     * @param filmFps frames a second of the film
     * @return indices, ascending
     */
    public int[] chosen(int frames, double filmFps) {
        if (frames < 1 || !(filmFps > 0)) {
            throw new IllegalArgumentException("a film of %d frames, %s a second".formatted(frames, filmFps));
        }
        int wanted = (int) (frames / filmFps * fps);
        int count = Math.min(Math.min(Math.max(wanted, leastFrames), mostFrames), frames);
        double step = count == 1 ? 0 : (double) (frames - 1) / (count - 1);
        return IntStream.range(0, count)
                .map(i -> i == count - 1 && count > 1 ? frames - 1 : (int) Math.rint(i * step))
                .toArray();
    }

    /**
     * The size that each frame is resized to.
     *
     * @param frames at least those of one patch in time
     * @throws IllegalArgumentException when these are too few frames, or one side is over 200 times the other
     */
    public PictureSize resized(int frames, int width, int height) {
        if (frames < rules.temporalPatch()) {
            throw new IllegalArgumentException("a film has at least %d frames, got %d; show a picture as a picture"
                    .formatted(rules.temporalPatch(), frames));
        }
        PictureSize.requireNoSliver(width, height);
        double scale = Math.max(1, Math.max((double) rules.factor() / height, (double) rules.factor() / width));
        int fullHeight = (int) (height * scale);
        int fullWidth = (int) (width * scale);
        long high = rules.rounded(fullHeight);
        long wide = rules.rounded(fullWidth);
        long evenFrames = (long) Math.rint((double) frames / rules.temporalPatch()) * rules.temporalPatch();
        double pixels = (double) frames * fullHeight * fullWidth;
        long most = mostPixels(frames);
        if (evenFrames * high * wide > most) {
            double beta = Math.sqrt(pixels / most);
            high = rules.roundedDown(fullHeight / beta);
            wide = rules.roundedDown(fullWidth / beta);
        } else if (evenFrames * high * wide < rules.minPixels()) {
            double beta = Math.sqrt(rules.minPixels() / pixels);
            high = rules.roundedUp(fullHeight * beta);
            wide = rules.roundedUp(fullWidth * beta);
        }
        return new PictureSize(Math.toIntExact(wide), Math.toIntExact(high));
    }

    private long mostPixels(int frames) {
        return tokensPerFrame
                .map(tokens -> {
                    long cap = (long) tokens * rules.factor() * rules.factor();
                    long each = Math.max(Math.min(cap, rules.maxPixels() / frames), (long) (rules.minPixels() * 1.05));
                    return each * frames;
                })
                .orElse(rules.maxPixels());
    }

    /**
     * A film for {@link VisionText} and the engine.
     *
     * @param frames 8-bit RGB, interleaved, rows without padding, in time's order
     * @param seconds when each frame was taken, from the film's beginning
     * @throws IllegalArgumentException as {@link #resized}, or when there is not one time a frame
     */
    public Film film(List<byte[]> frames, int width, int height, List<Double> seconds) {
        if (seconds.size() != frames.size()) {
            throw new IllegalArgumentException("%d frames and %d times".formatted(frames.size(), seconds.size()));
        }
        Patches patches = rules.patches(frames, width, height, resized(frames.size(), width, height));
        return new Film(patches, steps(seconds), patches.gridH() * patches.gridW() / (rules.merge() * rules.merge()));
    }

    /** The time of each patch: the middle of its first and its last frame's. */
    private List<Double> steps(List<Double> seconds) {
        var steps = new ArrayList<Double>();
        for (int i = 0; i < seconds.size(); i += rules.temporalPatch()) {
            int last = Math.min(i + rules.temporalPatch(), seconds.size()) - 1;
            steps.add((seconds.get(i) + seconds.get(last)) / 2);
        }
        return steps;
    }
}

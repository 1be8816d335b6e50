package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.junit.jupiter.api.Test;

/** From drawn clips to events and their errors, with a small checkpoint of random weights that takes films. */
class WatchCommandTest extends TypedCommands {

    private static final Path GOLDENS = ROOT.resolve("trt-build/src/test/resources/goldens");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The films' weights with the vocabulary that they were drawn for. */
    private Path checkpoint() throws IOException {
        Path folder = Files.createDirectories(dir.resolve("checkpoint"));
        for (Path from : List.of(GOLDENS.resolve("text/thinking"), GOLDENS.resolve("films/checkpoint"))) {
            try (var files = Files.list(from)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path to = folder.resolve(file.getFileName());
                    Files.deleteIfExists(to);
                    Files.copy(file, to);
                }
            }
        }
        return folder;
    }

    private Path recipe() throws IOException {
        return Files.writeString(dir.resolve("assembly.yaml"), """
                recipe: assembly
                version: "1.0"
                clip:
                  fps: 2
                  frames: 8
                  width: 64
                  height: 64
                  parts:
                    - {part: bolt 1, question: "When was bolt 1 fitted?"}
                    - {part: bolt 2, question: "When was bolt 2 fitted?"}
                """);
    }

    private Path clips() {
        Path clips = dir.resolve("clips");
        assertThat(run(
                        "render",
                        "--station",
                        "assembly",
                        "--seed",
                        4,
                        "--count",
                        3,
                        "--frames",
                        8,
                        "--fps",
                        2,
                        "--size",
                        "64x64",
                        "--out",
                        clips))
                .isZero();
        return clips;
    }

    @Test
    void drawnClipsGiveEventsAndTheirErrors() throws IOException {
        Path clips = clips();
        Path out = dir.resolve("events.jsonl");
        var said = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = run(
                    "watch",
                    "--recipe",
                    recipe(),
                    "--clips",
                    clips,
                    "--out",
                    out,
                    "--truth",
                    clips.resolve("truth.csv"),
                    "--model",
                    checkpoint(),
                    "--engines",
                    dir.resolve("engines"));
        } finally {
            System.setOut(before);
        }
        assertThat(code).as("%s", errors).isZero();
        List<String> lines = Files.readAllLines(out);
        assertThat(lines).hasSize(3);
        for (int i = 0; i < 3; i++) {
            JsonNode line = JSON.readTree(lines.get(i));
            assertThat(line.path("clip").asText()).isEqualTo("clip-00000" + i);
            assertThat(line.path("seconds").asDouble()).isEqualTo(4);
            assertThat(line.path("events").size() + line.path("never").size()).isEqualTo(2);
            for (JsonNode event : line.path("events")) {
                assertThat(event.path("at").asDouble()).isBetween(0.0, 4.0);
                assertThat(event.path("score").asDouble()).isBetween(0.5, 1.0);
            }
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("3 clips watched")
                .contains("missed")
                .contains("invented");
    }

    @Test
    void aFilmIsWatchedAsTheFramesThatItWasMadeOf() throws IOException {
        Path clips = clips();
        Path film = film(clips.resolve("clip-000001"));
        Path fromFilm = dir.resolve("film.jsonl");
        Path fromFrames = dir.resolve("frames.jsonl");
        Path model = checkpoint();
        for (var pair : List.of(List.of(film, fromFilm), List.of(clips.resolve("clip-000001"), fromFrames))) {
            assertThat(run(
                            "watch",
                            "--recipe",
                            recipe(),
                            "--clips",
                            pair.getFirst(),
                            "--out",
                            pair.getLast(),
                            "--model",
                            model,
                            "--engines",
                            dir.resolve("engines")))
                    .as("%s", errors)
                    .isZero();
        }
        JsonNode seen = JSON.readTree(Files.readString(fromFilm));
        JsonNode known = JSON.readTree(Files.readString(fromFrames));
        assertThat(seen.path("clip").asText()).isEqualTo("clip.mkv");
        assertThat(seen.path("events")).isEqualTo(known.path("events"));
        assertThat(seen.path("never")).isEqualTo(known.path("never"));
    }

    /** Without loss, and each frame four times: the film has eight a second, the recipe wants two. */
    private Path film(Path frames) throws IOException {
        Path film = dir.resolve("clip.mkv");
        try (var recorder = new FFmpegFrameRecorder(film.toFile(), 64, 64, 0);
                var files = Files.list(frames)) {
            recorder.setFormat("matroska");
            recorder.setVideoCodec(avcodec.AV_CODEC_ID_PNG);
            recorder.setPixelFormat(org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24);
            recorder.setFrameRate(8);
            recorder.start();
            for (Path file : files.sorted().toList()) {
                try (var picture = goshawk.camera.PictureFile.read(file);
                        var frame = new org.bytedeco.javacv.Frame(64, 64, org.bytedeco.javacv.Frame.DEPTH_UBYTE, 3)) {
                    ((java.nio.ByteBuffer) frame.image[0]).put(picture.rgb(), 0, 64 * 64 * 3);
                    for (int i = 0; i < 4; i++) {
                        recorder.record(frame, org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24);
                    }
                }
            }
        }
        return film;
    }

    @Test
    void aClipOfAnotherSizeOrLengthIsRefusedAndNothingIsWritten() throws IOException {
        Path clips = dir.resolve("large");
        assertThat(run(
                        "render",
                        "--station",
                        "assembly",
                        "--count",
                        1,
                        "--frames",
                        8,
                        "--fps",
                        2,
                        "--size",
                        "96x64",
                        "--out",
                        clips))
                .isZero();
        Path out = dir.resolve("events.jsonl");
        assertThat(run(
                        "watch",
                        "--recipe",
                        recipe(),
                        "--clips",
                        clips,
                        "--out",
                        out,
                        "--model",
                        checkpoint(),
                        "--engines",
                        dir.resolve("engines")))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("clip clip-000000 is 96×64, recipe assembly is for 64×64");
        assertThat(out).doesNotExist();
        Path longer = dir.resolve("longer");
        assertThat(run(
                        "render",
                        "--station",
                        "assembly",
                        "--count",
                        1,
                        "--frames",
                        9,
                        "--fps",
                        2,
                        "--size",
                        "64x64",
                        "--out",
                        longer))
                .isZero();
        assertThat(run(
                        "watch",
                        "--recipe",
                        recipe(),
                        "--clips",
                        longer,
                        "--out",
                        out,
                        "--model",
                        checkpoint(),
                        "--engines",
                        dir.resolve("engines")))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("longer than the 8 frames");
    }
}

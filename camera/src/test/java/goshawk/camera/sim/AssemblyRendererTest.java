package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AssemblyRendererTest {

    @TempDir
    Path dir;

    @Test
    void theSameSeedAndIndexGiveTheSameClip() {
        SimulatedClip once = AssemblyRenderer.render(3, 2, ClipOptions.USUAL);
        SimulatedClip again = AssemblyRenderer.render(3, 2, ClipOptions.USUAL);
        assertThat(again.events()).isEqualTo(once.events());
        for (int k = 0; k < 32; k++) {
            assertThat(again.frames().get(k)).isEqualTo(once.frames().get(k));
        }
        assertThat(once.frames()).hasSize(32).allMatch(frame -> frame.length == 224 * 160 * 3);
        assertThat(AssemblyRenderer.render(3, 3, ClipOptions.USUAL).frames().getFirst())
                .isNotEqualTo(once.frames().getFirst());
    }

    @Test
    void eachBoltIsFittedOnceAtMostAndWithinTheClip() {
        int never = 0;
        int all = 0;
        for (long index = 0; index < 300; index++) {
            List<SimulatedClip.Event> events =
                    Assembly.draw(new Dice(1, index, "assembly"), 8).events(8);
            assertThat(events).isSortedAccordingTo(Comparator.comparingDouble(SimulatedClip.Event::at));
            assertThat(events).extracting(SimulatedClip.Event::part).doesNotHaveDuplicates();
            assertThat(events)
                    .allMatch(event -> event.part().matches("bolt [1-4]") && event.at() > 0 && event.at() < 8);
            never += events.isEmpty() ? 1 : 0;
            all += events.size() == 4 ? 1 : 0;
        }
        assertThat(never).isBetween(10, 80);
        assertThat(all).isBetween(50, 150);
    }

    /** Where the truth says that a bolt was fitted the picture changes for good, at that time and nowhere else. */
    @Test
    void theFirstAndTheLastFrameShowWhichBoltsWereFitted() {
        int checked = 0;
        for (long index = 0; index < 12; index++) {
            SimulatedClip clip = AssemblyRenderer.render(9, index, ClipOptions.USUAL);
            Scene scene = new SceneDraw(9, index).good(true);
            var view = new View(scene.pose(), scene.optics().magnified(0.3), 224, 160);
            Assembly assembly = Assembly.draw(new Dice(9, index, "assembly"), 8);
            double[] tip = assembly.tip(31 / 4.0);
            boolean clear = assembly.sweeps().isEmpty() && Math.hypot(tip[0], tip[1]) > 50;
            for (int bolt = 0; bolt < 4 && clear; bolt++) {
                String part = "bolt " + (bolt + 1);
                boolean fitted =
                        clip.events().stream().anyMatch(event -> event.part().equals(part));
                double first = darkness(clip.frames().getFirst(), view, bolt);
                double last = darkness(clip.frames().getLast(), view, bolt);
                assertThat(Math.abs(last - first) > 25)
                        .as("%s of clip %d", part, index)
                        .isEqualTo(fitted);
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(15);
    }

    /** Mean level of the ring around a bolt's hole that its washer and head cover. */
    private static double darkness(byte[] frame, View view, int bolt) {
        double sum = 0;
        int count = 0;
        for (int y = 0; y < 160; y++) {
            for (int x = 0; x < 224; x++) {
                double away = Bracket.distance(
                        view.toPartX(x + 0.5, y + 0.5),
                        view.toPartY(x + 0.5, y + 0.5),
                        Bracket.BOLTS[bolt][0],
                        Bracket.BOLTS[bolt][1]);
                if (away < 2) {
                    sum += frame[3 * (y * 224 + x) + 1] & 0xFF;
                    count++;
                }
            }
        }
        return sum / count;
    }

    @Test
    void aFolderHoldsClipsAndTheirTruth() throws Exception {
        List<Path> folders = new ArrayList<>();
        for (String threads : List.of("1", "3")) {
            Path out = dir.resolve("clips" + threads);
            assertThat(Render.run(
                            "--station",
                            "assembly",
                            "--seed",
                            "4",
                            "--count",
                            "3",
                            "--frames",
                            "8",
                            "--fps",
                            "2",
                            "--size",
                            "112x80",
                            "--out",
                            out.toString(),
                            "--threads",
                            threads))
                    .isZero();
            folders.add(out);
        }
        List<String> truth = Files.readAllLines(folders.getFirst().resolve("truth.csv"));
        assertThat(truth).hasSize(4).first().isEqualTo("clip,fps,events");
        assertThat(truth.get(1))
                .matches("clip-000000,2,\"\\[(\\{\"\"part\"\":\"\"bolt [1-4]\"\",\"\"at\"\":\\d\\.\\d\\d},?)*]\"");
        for (int k = 0; k < 8; k++) {
            String frame = "clip-000002/frame-00" + k + ".png";
            assertThat(folders.get(1).resolve(frame))
                    .hasSameBinaryContentAs(folders.getFirst().resolve(frame));
        }
    }
}

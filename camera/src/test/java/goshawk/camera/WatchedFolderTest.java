package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.CameraState.Condition;
import goshawk.camera.WatchedFolderFrameSource.Judged;
import goshawk.camera.WatchedFolderFrameSource.Order;
import goshawk.camera.WatchedFolderFrameSource.Rules;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFolderTest {

    private static final Rules QUICK =
            new Rules(Duration.ofMillis(60), Duration.ofMillis(400), Order.NAME, Judged.KEPT, 100_000);

    @TempDir
    Path temporary;

    private Path dir;

    @BeforeEach
    void makeInbox() throws IOException {
        dir = Files.createDirectory(temporary.resolve("inbox"));
    }

    @Test
    void filesAreTakenInOrderAndPutAwayOnceTheirFramesAreClosed() throws Exception {
        write("b.png", 2);
        write("a.png", 1);
        Files.writeString(dir.resolve("notes.txt"), "no picture");
        Files.writeString(dir.resolve(".c.png"), "hidden");
        try (var pool = new FramePool(2, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, QUICK)) {
            var a = image(source);
            var b = image(source);
            assertThat(List.of(a.trigger().part(), b.trigger().part())).containsExactly("a", "b");
            assertThat(number(b.frame())).isEqualTo(2);
            assertThat(names("taken")).containsExactly("a.png", "b.png");
            a.frame().close();
            b.frame().close();
            write("c.png", 3);
            image(source).frame().close();
        }
        assertThat(names("taken")).isEmpty();
        assertThat(names("done")).containsExactly("a.png", "b.png", "c.png");
        assertThat(names("")).containsExactly(".c.png", "notes.txt");
    }

    @Test
    void theOldestComesFirstWhereThatIsWantedAndJudgedFilesMayBeDeleted() throws Exception {
        write("a.png", 1);
        write("b.png", 2);
        Files.setLastModifiedTime(dir.resolve("b.png"), FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        var rules = new Rules(Duration.ofMillis(60), Duration.ofSeconds(1), Order.TIME, Judged.DELETED, 100_000);
        try (var pool = new FramePool(1, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, rules)) {
            for (String part : List.of("b", "a")) {
                var next = image(source);
                assertThat(next.trigger().part()).isEqualTo(part);
                next.frame().close();
            }
        }
        assertThat(names("")).isEmpty();
        assertThat(names("done")).isEmpty();
        assertThat(names("taken")).isEmpty();
    }

    /** Writers that stop in the middle for longer than files must settle, that write over their file, and that rename. */
    @Test
    void halfAFileIsNeverJudgedAndNoFileTwice() throws Exception {
        int files = 60;
        Thread writer = Thread.ofPlatform().start(() -> dropFiles(files, new Random(7)));
        Map<String, Integer> seen = new HashMap<>();
        try (var pool = new FramePool(2, 64 * 64 * 3);
                var source = WatchedFolderFrameSource.open(
                        dir,
                        pool,
                        new Rules(Duration.ofMillis(20), Duration.ofSeconds(60), Order.NAME, Judged.KEPT, 100_000))) {
            while (seen.size() < files) {
                var next = image(source);
                assertThat(seen.put(next.trigger().part(), number(next.frame())))
                        .as("%s was judged before", next.trigger().part())
                        .isNull();
                next.frame().close();
            }
        }
        writer.join();
        seen.forEach((part, number) -> assertThat(part).isEqualTo("p%03d".formatted(number)));
        assertThat(names("rejected")).isEmpty();
        assertThat(names("done")).hasSize(files);
    }

    private void dropFiles(int files, Random random) {
        try {
            for (int i = 0; i < files; i++) {
                byte[] content = content(i, 64);
                Path file = dir.resolve("p%03d.png".formatted(i));
                boolean renames = i % 3 == 0;
                Path written = renames ? dir.resolve("upload-%d.part".formatted(i)) : file;
                try (OutputStream out = Files.newOutputStream(written)) {
                    int half = random.nextInt(content.length);
                    out.write(content, 0, half);
                    out.flush();
                    Thread.sleep(random.nextInt(50));
                    out.write(content, half, content.length - half);
                }
                if (renames) {
                    Files.move(written, file);
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatStaysDamagedIsAMissWithItsNameAndLiesAside() throws Exception {
        byte[] whole = content(1, 2);
        Files.write(dir.resolve("cut.png"), Arrays.copyOf(whole, whole.length / 2));
        Files.createFile(dir.resolve("empty.jpg"));
        Files.write(dir.resolve("huge.bmp"), new byte[100_001]);
        Files.write(dir.resolve("large.png"), content(1, 64));
        Files.writeString(dir.resolve("text.tif"), "no picture");
        Map<String, String> missed = new HashMap<>();
        try (var pool = new FramePool(1, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, QUICK)) {
            while (missed.size() < 5) {
                var next = (Capture.Missed) source.next().orElseThrow();
                assertThat(next.cause()).isEqualTo(Cause.UNREADABLE);
                assertThat(next.detail())
                        .contains(next.trigger().part())
                        .contains(dir.resolve("rejected").toString());
                missed.put(next.trigger().part(), next.detail());
            }
            assertThat(missed)
                    .hasEntrySatisfying("cut", detail -> assertThat(detail).contains("it ends"));
            assertThat(missed)
                    .hasEntrySatisfying("empty", detail -> assertThat(detail).contains("it is empty"));
            assertThat(missed)
                    .hasEntrySatisfying(
                            "huge", detail -> assertThat(detail).contains("100001 bytes are more than 100000"));
            assertThat(missed)
                    .hasEntrySatisfying("large", detail -> assertThat(detail).contains("64×64 needs 12288 bytes"));
            assertThat(missed)
                    .hasEntrySatisfying("text", detail -> assertThat(detail).contains("none of these formats"));
        }
        assertThat(names("rejected")).containsExactly("cut.png", "empty.jpg", "huge.bmp", "large.png", "text.tif");
        assertThat(names("")).isEmpty();
    }

    @Test
    void aFileOfTheSameNameIsAnotherFile() throws Exception {
        try (var pool = new FramePool(1, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, QUICK)) {
            for (int i = 0; i < 3; i++) {
                write("same.png", i);
                var next = image(source);
                assertThat(next.trigger().part()).isEqualTo("same");
                assertThat(next.trigger().id()).isEqualTo(i + 1);
                next.frame().close();
            }
        }
        assertThat(names("done")).containsExactly("same.png", "same~2.png", "same~3.png");
    }

    @Test
    void filesWaitInTheFolderWhileEveryFrameIsInUse() throws Exception {
        write("a.png", 1);
        write("b.png", 2);
        try (var pool = new FramePool(1, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, QUICK)) {
            var a = image(source);
            Thread line = Thread.ofPlatform().start(() -> {
                assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
            });
            Thread.sleep(300);
            assertThat(names("")).containsExactly("b.png");
            line.interrupt();
            line.join();
            a.frame().close();
            image(source).frame().close();
        }
    }

    @Test
    void aFolderThatGoesAwayIsWaitedFor() throws Exception {
        try (var pool = new FramePool(1, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, QUICK)) {
            Path away = temporary.resolve("away");
            Files.move(dir, away);
            Thread camera = Thread.ofPlatform().start(() -> {
                try {
                    image(source).frame().close();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            while (source.state().condition() != Condition.LOST) {
                Thread.sleep(5);
            }
            assertThat(source.state().detail()).contains("folder " + dir + " cannot be read");
            Files.move(away, dir);
            write("a.png", 1);
            camera.join();
            assertThat(source.state().condition()).isEqualTo(Condition.CONNECTED);
            assertThat(source.state().reopened()).isEqualTo(1);
        }
    }

    /** The first is recorded, the second in hand, the third waits when the power goes. */
    @Test
    void afterAKillNoFileIsJudgedTwiceAndTheOneInHandIsAMiss() throws Exception {
        for (int i = 1; i <= 3; i++) {
            write("p%d.png".formatted(i), i);
        }
        var child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        JudgeAndDie.class.getName(),
                        dir.toString())
                .inheritIO()
                .start();
        assertThat(child.waitFor()).isEqualTo(137);
        try (var pool = new FramePool(1, 12);
                var source = WatchedFolderFrameSource.open(dir, pool, QUICK)) {
            assertThat(source.next().orElseThrow()).isInstanceOfSatisfying(Capture.Missed.class, missed -> {
                assertThat(missed.trigger().part()).isEqualTo("p2");
                assertThat(missed.cause()).isEqualTo(Cause.STOPPED);
                assertThat(missed.detail())
                        .contains(dir.resolve("rejected").resolve("p2.png").toString());
            });
            var next = image(source);
            assertThat(next.trigger().part()).isEqualTo("p3");
            next.frame().close();
        }
        assertThat(names("done")).containsExactly("p1.png", "p3.png");
        assertThat(names("rejected")).containsExactly("p2.png");
    }

    static final class JudgeAndDie {

        private JudgeAndDie() {}

        public static void main(String[] args) throws Exception {
            var pool = new FramePool(1, 12);
            var source = WatchedFolderFrameSource.open(Path.of(args[0]), pool, QUICK);
            image(source).frame().close();
            image(source);
            Runtime.getRuntime().halt(137); // no close, no shutdown hook
        }
    }

    @Test
    void aFolderThatIsNotThereIsNamed() {
        try (var pool = new FramePool(1, 12)) {
            assertThatThrownBy(() -> WatchedFolderFrameSource.open(dir.resolve("gone"), pool, QUICK))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("gone does not exist; make it");
        }
    }

    private static Capture.Image image(FrameSource source) throws InterruptedException {
        Capture next = source.next().orElseThrow();
        assertThat(next).as("%s", next).isInstanceOf(Capture.Image.class);
        return (Capture.Image) next;
    }

    private void write(String name, int number) throws IOException {
        Files.write(dir.resolve(name), content(number, 2));
    }

    /** A picture that says its number in its first bytes. */
    private static byte[] content(int number, int size) {
        byte[] rgb = new byte[size * size * 3];
        new Random(number).nextBytes(rgb);
        ByteBuffer.wrap(rgb).putInt(number);
        try (Frame frame = Frame.of(size, size, rgb)) {
            return PictureFile.png(frame, false);
        }
    }

    private static int number(Frame frame) {
        return ByteBuffer.wrap(frame.rgb()).getInt();
    }

    private List<String> names(String folder) throws IOException {
        try (var files = Files.list(dir.resolve(folder))) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }
}

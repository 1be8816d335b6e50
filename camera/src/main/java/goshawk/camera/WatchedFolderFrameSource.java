package goshawk.camera;

import goshawk.camera.CameraState.Condition;
import goshawk.camera.DropFolder.Dropped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For cameras that drop files: each file that is there as a whole is a trigger with its picture, and the part is called as
 * the file. Half a file is never judged: a file counts once it has not changed for a while and its structure is whole; one
 * that stays damaged, is empty or too large is a part that was not seen, and lies in {@code rejected/} for people to look at.
 *
 * <p>No file is judged twice, also when the station is killed: it is taken into {@code taken/} before it is judged, and leaves
 * it when its frame is closed, which the line does when its record is durable. What lies there at the start was in hand when the
 * station ended: it is a miss, and lies in {@code rejected/}.
 *
 * <p>The folder is the queue: while every frame is in use files wait in it. Has no end; an interrupt stops it. A folder that
 * goes away, as a network drive may, is waited for.
 */
public final class WatchedFolderFrameSource implements FrameSource {

    private static final Logger log = LoggerFactory.getLogger(WatchedFolderFrameSource.class);

    private final Path place;
    private final DropFolder folder;
    private final FramePool pool;
    private final Rules rules;
    private final Deque<Dropped> ready = new ArrayDeque<>();
    private final Set<Dropped> damaged = new HashSet<>();
    private final Deque<Path> left = new ArrayDeque<>();
    private final Queue<Path> judged = new ConcurrentLinkedQueue<>(); // frames are closed on the line's thread
    private volatile CameraState state = new CameraState(Condition.CONNECTED, "", 0, 1, 0, 0, 0);
    private long index;

    /** Which of several files comes first. */
    public enum Order {
        NAME,
        TIME
    }

    /** What becomes of a file that was judged. */
    public enum Judged {
        /** It is moved to {@code done/}. */
        KEPT,
        DELETED
    }

    /**
     * @param settle as long a file must not have changed; zero where the camera renames whole files into the folder
     * @param patience as long a file that is damaged is waited for, as its writer may have stopped for a moment
     * @param mostBytes of a file
     */
    public record Rules(Duration settle, Duration patience, Order order, Judged judged, long mostBytes) {

        /** Files that have not changed for 200 ms, damaged ones for 5 s, by name; judged ones are kept; up to 256 MiB. */
        public static final Rules USUAL =
                new Rules(Duration.ofMillis(200), Duration.ofSeconds(5), Order.NAME, Judged.KEPT, 256L << 20);

        public Rules {
            if (settle.isNegative() || patience.compareTo(settle) < 0 || mostBytes < 1) {
                throw new IllegalArgumentException(
                        "want 0 <= settle <= patience and mostBytes > 0, got settle %s, patience %s, mostBytes %d"
                                .formatted(settle, patience, mostBytes));
            }
        }

        private Comparator<Dropped> comparator() {
            return switch (order) {
                case NAME -> Comparator.comparing(Dropped::name);
                case TIME -> Comparator.comparing(Dropped::modified).thenComparing(Dropped::name);
            };
        }

        private long lookMillis() {
            return Math.clamp(settle.toMillis() / 4, 5, 100);
        }
    }

    private WatchedFolderFrameSource(Path place, DropFolder folder, FramePool pool, Rules rules) {
        this.place = place;
        this.folder = folder;
        this.pool = pool;
        this.rules = rules;
    }

    /** @throws CameraException when there is no such folder, or we may not write to it */
    public static WatchedFolderFrameSource open(Path folder, FramePool pool, Rules rules) {
        var opened = DropFolder.open(folder, rules.settle(), rules.comparator());
        var source = new WatchedFolderFrameSource(folder, opened, pool, rules);
        try {
            source.left.addAll(opened.leftInHand());
        } catch (IOException e) {
            throw new CameraException("cannot read %s/taken: %s; check its rights".formatted(folder, e), e);
        }
        return source;
    }

    /** How the folder is: connected while it can be read. For any thread. */
    public CameraState state() {
        return state;
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException("the folder's watch was stopped");
            }
            try {
                putAway();
                Optional<Capture> next = left.isEmpty() ? look() : leftInHand();
                found();
                if (next.isPresent()) {
                    return next;
                }
            } catch (IOException e) {
                lost(e);
            }
            TimeUnit.MILLISECONDS.sleep(rules.lookMillis());
        }
    }

    private Optional<Capture> leftInHand() throws IOException {
        Path hand = left.getFirst();
        Trigger trigger = trigger(hand, System.nanoTime());
        Path rejected = folder.reject(hand);
        left.removeFirst();
        return Optional.of(new Capture.Missed(
                trigger,
                Cause.STOPPED,
                "the station stopped while it had this picture in hand; it is " + rejected,
                false));
    }

    private Optional<Capture> look() throws IOException {
        if (pool.isEmpty()) {
            return Optional.empty();
        }
        if (ready.isEmpty()) {
            ready.addAll(folder.ready(System.nanoTime()));
            damaged.retainAll(ready);
        }
        while (!ready.isEmpty()) {
            Optional<Capture> capture = capture(ready.removeFirst());
            if (capture.isPresent()) {
                return capture;
            }
        }
        return Optional.empty();
    }

    /** Empty when the file is not whole yet, or has gone. */
    private Optional<Capture> capture(Dropped file) throws IOException {
        if (file.size() > rules.mostBytes()) {
            return missed(file, "%d bytes are more than %d".formatted(file.size(), rules.mostBytes()));
        }
        boolean hasTime =
                System.nanoTime() - file.sinceNanos() < rules.patience().toNanos();
        if (hasTime && damaged.contains(file)) {
            return Optional.empty();
        }
        byte[] content = {};
        Optional<String> fault;
        try {
            content = Files.readAllBytes(file.file());
            fault = PictureStructure.fault(content);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            fault = Optional.of(e.toString());
        }
        if (fault.isEmpty()) {
            return image(file, content);
        }
        damaged.add(file);
        return hasTime ? Optional.empty() : missed(file, fault.get());
    }

    private Optional<Capture> image(Dropped file, byte[] content) throws IOException {
        Optional<Path> taken = folder.take(file);
        if (taken.isEmpty()) {
            return Optional.empty();
        }
        Path hand = taken.get();
        try {
            Optional<PictureFile.Picture> picture = PictureFile.picture(file.file(), content, pool);
            if (picture.isEmpty() || !folder.isUnchanged(file, hand)) {
                picture.ifPresent(it -> it.frame().close());
                folder.putBack(hand, file);
                return Optional.empty();
            }
            count();
            Frame frame = picture.get().frame();
            frame.whenClosed(() -> judged.add(hand));
            return Optional.of(new Capture.Image(
                    trigger(file.file(), file.sinceNanos()),
                    frame,
                    picture.get().isSimulated()));
        } catch (CameraException e) {
            return Optional.of(unreadable(
                    trigger(file.file(), file.sinceNanos()), folder.reject(hand), String.valueOf(e.getMessage())));
        }
    }

    private Optional<Capture> missed(Dropped file, String why) throws IOException {
        Optional<Path> hand = folder.take(file);
        if (hand.isEmpty()) {
            return Optional.empty();
        }
        Trigger trigger = trigger(file.file(), file.sinceNanos());
        return Optional.of(unreadable(
                trigger, folder.reject(hand.get()), "picture %s cannot be read: %s".formatted(file.name(), why)));
    }

    private Capture unreadable(Trigger trigger, Path rejected, String why) {
        log.warn("{}; it is {}", why, rejected);
        return new Capture.Missed(trigger, Cause.UNREADABLE, "%s; it is %s".formatted(why, rejected), false);
    }

    private Trigger trigger(Path file, long atNanos) {
        String name = String.valueOf(file.getFileName());
        return new Trigger(
                ++index,
                name.substring(0, name.lastIndexOf('.')),
                InstantSource.system().instant(),
                atNanos);
    }

    /** Files whose parts are recorded leave the hand. */
    private void putAway() throws IOException {
        for (Path hand = judged.peek(); hand != null; hand = judged.peek()) {
            folder.finish(hand, rules.judged() == Judged.KEPT);
            judged.remove();
        }
    }

    private void count() {
        CameraState now = state;
        state = new CameraState(
                now.condition(), now.detail(), now.pictures() + 1, now.connections(), 0, now.losses(), 0);
    }

    private void found() {
        CameraState now = state;
        if (now.condition() != Condition.CONNECTED) {
            log.info("folder {} is back", place);
            state = new CameraState(Condition.CONNECTED, "", now.pictures(), now.connections() + 1, 0, now.losses(), 0);
        }
    }

    private void lost(IOException why) {
        CameraState now = state;
        String detail = "folder %s cannot be read: %s; it is waited for".formatted(place, why);
        if (now.condition() == Condition.CONNECTED) {
            log.warn("{}", detail);
            state = new CameraState(Condition.LOST, detail, now.pictures(), now.connections(), 0, now.losses() + 1, 0);
        }
    }

    /** Puts away what was judged; nothing is held open. */
    @Override
    public void close() {
        try {
            putAway();
        } catch (IOException e) {
            log.warn("{} files that were judged stay in {}/taken: {}", judged.size(), place, e.toString());
        }
    }
}

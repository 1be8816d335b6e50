package goshawk.appliance.record;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.PictureArchive;
import goshawk.camera.CameraException;
import goshawk.camera.Capture;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.Views;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Judged pixels as PNG files, one for each view, one folder a day (UTC). Packing and writing go on beside the inspection, on one thread:
 * they need nothing but the frame. A crash before the record leaves a picture without a record, never the reverse.
 */
public final class PngPictureArchive implements PictureArchive {

    /** Pictures fill a disk, records hardly do: what is left then is theirs, so that parts stay on record. */
    private static final long RESERVE_BYTES = 64L << 20;

    private static final String WHOLE = ".png";

    private final Path folder;
    private final FileStore space;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("archive").daemon().factory());
    private Path syncedDay = Path.of("");

    private PngPictureArchive(Path folder, FileStore space) {
        this.folder = folder;
        this.space = space;
    }

    /**
     * @param folder made when it is not there
     * @throws LogException when it cannot be written
     */
    public static PngPictureArchive open(Path folder) {
        try {
            Files.createDirectories(folder);
            Path probe = Files.createTempFile(folder, "probe", ".tmp");
            Files.delete(probe);
            return new PngPictureArchive(folder, Files.getFileStore(folder));
        } catch (IOException e) {
            throw new LogException(
                    "the picture folder %s cannot be written (%s): make it writable, or choose another data folder"
                            .formatted(folder, StoreFile.reason(e)),
                    e);
        }
    }

    @Override
    public Kept keep(Capture capture) {
        Future<List<ArchivedPicture>> work = capture.views().isEmpty()
                ? CompletableFuture.completedFuture(List.of())
                : thread.submit(() -> write(capture));
        return new Kept() {
            @Override
            public List<ArchivedPicture> durable() {
                try {
                    return whatCameOf(work);
                } catch (ExecutionException e) {
                    throw new LogException(
                            "the picture of part %s cannot be kept: %s"
                                    .formatted(capture.trigger().part(), reason(e.getCause())),
                            e);
                }
            }

            @Override
            public void close() {
                try {
                    whatCameOf(work);
                } catch (ExecutionException e) {
                    // Whoever needed the pictures has heard it from durable().
                }
            }
        };
    }

    private static String reason(@Nullable Throwable why) {
        return why instanceof CameraException || (why != null && why.getClass() == IOException.class)
                ? String.valueOf(why.getMessage())
                : String.valueOf(why);
    }

    /** Waits, also when interrupted: the views are in use until then, and the part in hand is finished before stopping. */
    private static List<ArchivedPicture> whatCameOf(Future<List<ArchivedPicture>> work) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return work.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private List<ArchivedPicture> write(Capture capture) throws IOException {
        long free = space.getUsableSpace();
        if (free < RESERVE_BYTES) {
            throw new IOException("%s has %d MiB left, the last %d are for the record: make room"
                    .formatted(folder, free >> 20, RESERVE_BYTES >> 20));
        }
        var trigger = capture.trigger();
        Path day =
                folder.resolve(LocalDate.ofInstant(trigger.at(), ZoneOffset.UTC).toString());
        if (!day.equals(syncedDay)) {
            Files.createDirectories(day);
            sync(folder);
            syncedDay = day;
        }
        String part = "%d-%d".formatted(Micros.of(trigger.at()), trigger.id());
        List<ArchivedPicture> written = new ArrayList<>();
        for (var view : capture.views().byName().entrySet()) {
            Frame frame = view.getValue();
            String name = part
                    + (view.getKey().equals(Views.ONLY) ? "" : "." + view.getKey())
                    + (frame.damage().isPresent() ? ArchivedPicture.PARTIAL : WHOLE);
            try {
                PictureFile.writePng(frame, capture.isSimulated(), day.resolve(name));
            } catch (CameraException e) {
                syncedDay = Path.of(""); // somebody may have removed the folder
                throw e;
            }
            written.add(new ArchivedPicture(
                    view.getKey(), day.getFileName() + "/" + name, sha256(frame), frame.width(), frame.height()));
        }
        sync(day);
        return written;
    }

    /** Makes the names in a folder durable: a synced file without its name is lost all the same. */
    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String sha256(Frame frame) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(frame.rgb(), 0, frame.width() * frame.height() * 3);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                throw new LogException("a picture in %s was still being written after 5 s".formatted(folder));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

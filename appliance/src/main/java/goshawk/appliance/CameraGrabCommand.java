package goshawk.appliance;

import goshawk.camera.CameraException;
import goshawk.camera.CameraWatch;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "grab",
        mixinStandardHelpOptions = true,
        description = "Takes one picture and saves it.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:saved", "2:the camera is not there, is somebody else's, or gave no picture in time"})
final class CameraGrabCommand implements Callable<Integer> {

    @Mixin
    private CameraOptions camera = new CameraOptions();

    @Option(names = "--out", required = true, description = "File for the picture (PNG).")
    private Path out = Path.of("");

    @Option(names = "--within", description = "Seconds that the picture is waited for (${DEFAULT-VALUE}).")
    private int seconds = 15;

    @Override
    public Integer call() throws InterruptedException {
        try (Frame frame = grab(Duration.ofSeconds(seconds))) {
            PictureFile.writePng(frame, false, out);
            System.out.printf("%d×%d pixels in %s%n", frame.width(), frame.height(), out);
        }
        return ExitCode.OK;
    }

    /** On a thread of its own, because a native call may hang longer than anybody waits. */
    private Frame grab(Duration within) throws InterruptedException {
        var picture = new CompletableFuture<Frame>();
        Thread camera = Thread.ofPlatform().name("camera").daemon().start(() -> {
            try (CameraWatch opened = this.camera.open()) {
                picture.complete(opened.picture());
            } catch (RuntimeException e) {
                picture.completeExceptionally(e);
            }
        });
        try {
            Frame frame = picture.get(within.toMillis(), TimeUnit.MILLISECONDS);
            camera.join(within);
            return frame;
        } catch (TimeoutException e) {
            camera.interrupt();
            camera.join(Duration.ofSeconds(5));
            throw new CommandException(
                    "camera %s gave no picture within %d s; does it wait for a trigger? Then: --set TriggerMode=Off"
                            .formatted(this.camera.camera(), within.toSeconds()),
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CameraException told) {
                throw told;
            }
            throw new IllegalStateException("grabbing failed", e.getCause());
        }
    }
}

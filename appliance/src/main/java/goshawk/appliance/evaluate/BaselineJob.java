package goshawk.appliance.evaluate;

import goshawk.appliance.domain.PartLocator;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The classical inspector on the pictures of a folder.
 *
 * @param folder with the pictures
 * @param files their names
 */
public record BaselineJob(Path folder, Collection<String> files) {

    public BaselineJob {
        files = List.copyOf(files);
    }

    /**
     * Judges all pictures, in order, on the calling thread.
     *
     * @param locator stays the caller's
     * @param progress told the number of judged pictures
     * @throws goshawk.camera.CameraException when a picture cannot be read
     */
    public List<JudgedPart> run(BaselineInspector inspector, PartLocator locator, IntConsumer progress) {
        List<JudgedPart> judged = new ArrayList<>();
        for (String file : files) {
            try (Frame frame = PictureFile.read(folder.resolve(file))) {
                judged.add(inspector.judge(file, frame, locator));
            }
            progress.accept(judged.size());
        }
        return judged;
    }
}

package goshawk.appliance.domain;

import goshawk.camera.Capture;
import java.util.List;

/** Keeps the judged pixels, and pictures that could not be judged, losslessly. Used by the line's thread. */
public interface PictureArchive extends AutoCloseable {

    /**
     * Begins to keep the capture's pictures, beside whatever the caller does next. The views must stay open, and
     * unchanged, until the answer is closed. Of a partial picture the file's name says that it is one.
     */
    Kept keep(Capture capture);

    @Override
    void close();

    /** Pictures on their way to the disk. */
    interface Kept extends AutoCloseable {

        /**
         * Returns once the pictures, and their names in the folder, would survive a power cut; in the order of the views.
         *
         * @throws LogException when one could not be kept
         */
        List<ArchivedPicture> durable();

        /** Returns once the views are no longer needed. Throws nothing. */
        @Override
        void close();
    }
}

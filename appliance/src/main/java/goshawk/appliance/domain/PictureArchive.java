package goshawk.appliance.domain;

import goshawk.camera.Capture;
import goshawk.camera.Frame;

/** Keeps the judged pixels, and pictures that could not be judged, losslessly. Used by the line's thread. */
public interface PictureArchive extends AutoCloseable {

    /**
     * Begins to keep the picture, beside whatever the caller does next. The frame must stay open, and unchanged, until
     * the answer is closed.
     */
    Kept keep(Capture.Image capture);

    /**
     * The same for what was seen of a part whose picture was not completed: its file's name says so.
     *
     * @param partial of {@code capture}
     */
    Kept keep(Capture.Missed capture, Frame partial);

    @Override
    void close();

    /** A picture on its way to the disk. */
    interface Kept extends AutoCloseable {

        /**
         * Returns once the picture, and its name in the folder, would survive a power cut.
         *
         * @throws LogException when it could not be kept
         */
        ArchivedPicture durable();

        /** Returns once the frame is no longer needed. Throws nothing. */
        @Override
        void close();
    }
}

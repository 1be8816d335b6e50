package goshawk.appliance.domain;

import goshawk.camera.Views;

/**
 * A judged picture that would survive a power cut, or what was seen of a part whose picture was not completed.
 *
 * @param view whose picture it is; {@link Views#ONLY} where there is but one
 * @param path below the archive's folder, with {@code /}, for example {@code 2026-11-22/1763805600000000-17.png}; it ends with
 *     {@value #PARTIAL} when only part of the part was seen
 * @param sha256 over the judged pixels, not the file: {@code width × height × 3} bytes RGB, top row first; hexadecimal
 * @param width in pixels
 * @param height in pixels
 */
public record ArchivedPicture(String view, String path, String sha256, int width, int height) {

    /** End of the names of pictures that show only part of a part: evidence that nobody judges, confirms or learns from. */
    public static final String PARTIAL = "-partial.png";

    /** Of the only view. */
    public ArchivedPicture(String path, String sha256, int width, int height) {
        this(Views.ONLY, path, sha256, width, height);
    }

    public boolean isPartial() {
        return path.endsWith(PARTIAL);
    }
}

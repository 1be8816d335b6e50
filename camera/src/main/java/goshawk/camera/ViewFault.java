package goshawk.camera;

/**
 * Why a view of a part has no whole picture.
 *
 * @param view its name
 * @param place of the view among the part's, from 0
 * @param why in words
 */
public record ViewFault(String view, int place, String why) {}

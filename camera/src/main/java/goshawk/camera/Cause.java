package goshawk.camera;

/** Why a part was not inspected. The names are written to the record: renaming one rewrites history. */
public enum Cause {
    /** No picture came for the trigger. */
    NO_FRAME,
    /** The camera or the recording failed. */
    CAMERA,
    /** The picture could not be read or is no picture. */
    UNREADABLE,
    /** The trigger came while every frame was in use. */
    OVERRUN,
    /** Only part of the part was seen: its belt stopped, or lines or packets of its picture were lost. */
    PARTIAL,
    /** The picture is too poor to be judged, by the recipe's bounds. */
    QUALITY,
    /** The part's reference features were not found, or it lies outside the recipe's tolerance. */
    POSE,
    /** The answer came after the deadline. */
    LATE,
    /** The engine failed. */
    ENGINE,
    /** The judged picture could not be kept, so nothing proves a verdict. */
    ARCHIVE,
    /** The line was stopped while the part waited for it. */
    STOPPED,
    /** A bug: the detail has the exception. */
    UNEXPECTED
}

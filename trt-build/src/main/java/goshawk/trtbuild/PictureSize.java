package goshawk.trtbuild;

/** Width and height in pixels, at least 1. */
public record PictureSize(int width, int height) {}

package goshawk.trtbuild;

/**
 * A picture as the vision tower takes it.
 *
 * @param pixels {@code [gridT · gridH · gridW, channels · temporalPatch · patch · patch]}, row-major, normalised, patches
 *     in merge order
 * @param gridT frames after temporal patching, 1 for a still picture
 * @param gridH rows of patches
 * @param gridW columns of patches
 */
public record Patches(float[] pixels, int gridT, int gridH, int gridW) {}

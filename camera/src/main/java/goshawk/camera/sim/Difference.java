package goshawk.camera.sim;

/**
 * What a defect changes in a window of the picture.
 *
 * @param box left, top, right, bottom in the picture, of the pixels changed by {@link DefectLimits#BOX_LEVELS}
 * @param seenPixels number of pixels changed by {@link DefectLimits#SEEN_LEVELS}
 */
record Difference(int[] box, int seenPixels) {

    static Difference between(Canvas without, Canvas with) {
        int left = Integer.MAX_VALUE;
        int top = Integer.MAX_VALUE;
        int right = -1;
        int bottom = -1;
        int seen = 0;
        for (int i = 0; i < with.red.length; i++) {
            float changed = Math.max(
                    Math.abs(with.red[i] - without.red[i]),
                    Math.max(Math.abs(with.green[i] - without.green[i]), Math.abs(with.blue[i] - without.blue[i])));
            if (changed >= DefectLimits.BOX_LEVELS) {
                int x = with.left + i % with.width;
                int y = with.top + i / with.width;
                left = Math.min(left, x);
                right = Math.max(right, x + 1);
                top = Math.min(top, y);
                bottom = Math.max(bottom, y + 1);
            }
            if (changed >= DefectLimits.SEEN_LEVELS) {
                seen++;
            }
        }
        return new Difference(new int[] {left, top, right, bottom}, seen);
    }

    DefectBox box(String code) {
        return new DefectBox(box[0], box[1], box[2], box[3], code);
    }

    /** The box of this difference and {@code place} together. */
    DefectBox box(String code, int[] place) {
        return new DefectBox(
                Math.min(box[0], place[0]),
                Math.min(box[1], place[1]),
                Math.max(box[2], place[2]),
                Math.max(box[3], place[3]),
                code);
    }
}

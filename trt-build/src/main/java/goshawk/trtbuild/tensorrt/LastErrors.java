package goshawk.trtbuild.tensorrt;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The last errors that TensorRT, and what it calls, told of: a call that fails says nothing itself. The process's, because TensorRT's log
 * is. Any thread may tell.
 */
final class LastErrors {

    private static final int KEPT = 4;
    private static final Deque<String> ERRORS = new ArrayDeque<>();

    private LastErrors() {}

    static synchronized void keep(String message) {
        ERRORS.addLast(message);
        if (ERRORS.size() > KEPT) {
            ERRORS.removeFirst();
        }
    }

    /** Those since this was last asked, in words. */
    static synchronized String said() {
        String said = ERRORS.isEmpty() ? "it failed without a reason" : String.join("; ", ERRORS);
        ERRORS.clear();
        return said;
    }
}

package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.Libc;
import goshawk.trtbuild.tensorrt.PlanBuilder;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that does one {@link PlanWork} and ends: TensorRT gives memory back in no other way. It ends also when its
 * parent closes the pipe of its standard input, or dies.
 *
 * <p>What it has to say goes line by line to descriptor {@value #ANSWERS}, because native libraries print what they like on
 * standard output: {@code at DONE TOTAL PHASE}, then {@code done SHA256} or {@code failed WHY}.
 */
public final class PlanHost {

    /** Where answers go: the parent's launcher has put the pipe there. */
    static final int ANSWERS = 3;

    static final String AT = "at ";
    static final String DONE = "done ";
    static final String FAILED = "failed ";

    private static final Logger log = LoggerFactory.getLogger(PlanHost.class);

    private PlanHost() {}

    interface Task {

        /** @return SHA-256 of what was made */
        String done(PlanBuilder.Steps steps) throws IOException;
    }

    /** @param arguments {@link PlanWork#arguments()} */
    public static void main(String[] arguments) throws IOException {
        serve(PlanWork.of(List.of(arguments))::done);
    }

    /** Never returns. */
    static void serve(Task task) throws IOException {
        Thread.ofPlatform().name("parent").daemon().start(PlanHost::endWithParent);
        var answers = new PrintStream(new FileOutputStream("/dev/fd/" + ANSWERS), true, StandardCharsets.UTF_8);
        answers.println(answer(task, answers));
        Libc.exit(0);
    }

    private static String answer(Task task, PrintStream answers) {
        var said = new String[] {""};
        try {
            return DONE
                    + task.done((phase, done, total) -> {
                        String line = AT + done + " " + total + " " + phase;
                        synchronized (said) {
                            if (!line.equals(said[0])) {
                                said[0] = line;
                                answers.println(line);
                            }
                        }
                    });
        } catch (IOException | RuntimeException | Error e) {
            log.error("this cannot be done", e);
            return FAILED + String.valueOf(e.getMessage()).replace('\n', ' ');
        }
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // It says nothing.
            }
        } catch (IOException e) {
            log.warn("the parent cannot be heard", e);
        }
        Libc.exit(1);
    }
}

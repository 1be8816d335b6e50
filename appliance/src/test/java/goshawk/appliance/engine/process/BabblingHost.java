package goshawk.appliance.engine.process;

import goshawk.appliance.engine.EngineIdentity;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The program of an engine process that does not keep to the protocol. Arguments: the folder of shared memories, and how:
 * {@code late} says each answer again after the next, {@code newer} speaks another version, {@code other} answers a call with what is none of
 * its answers, {@code foreign} leaves another call's numbers, {@code garbage} prints into the pipe.
 */
public final class BabblingHost {

    private BabblingHost() {}

    public static void main(String[] arguments) throws IOException {
        String how = arguments[1];
        Path shared = Path.of(arguments[0]);
        try (var out = new FileOutputStream("/dev/fd/" + EngineHost.ANSWERS);
                var numbers = SharedMemory.open(shared.resolve(EngineHost.ANSWER_NUMBERS))) {
            Frames.send(out, new Answer.Hello(how.equals("newer") ? Frames.VERSION + 1 : Frames.VERSION));
            Frames.send(out, new Answer.Ready(new EngineIdentity("babbling", "0", "none", "none")));
            Answer last = new Answer.Seen(0, 0);
            while (true) {
                Call call = Call.read(Frames.receive(System.in));
                if (how.equals("garbage")) {
                    out.write("Segmentation fault".getBytes(StandardCharsets.US_ASCII));
                }
                if (call instanceof Call.Read) {
                    // What a read says is its own id.
                    numbers.write(how.equals("foreign") ? call.id() - 1 : call.id(), 1)
                            .set(ValueLayout.JAVA_FLOAT, 0, (float) call.id());
                }
                if (call instanceof Call.Start) {
                    continue; // which has no answer
                }
                Answer answer = switch (call) {
                    case Call.Read(var id, var _, var tokens, var _) ->
                        how.equals("other") ? new Answer.Seen(id, 1) : new Answer.Said(id, tokens.length, 1, 1);
                    default -> last;
                };
                if (how.equals("late")) {
                    Frames.send(out, last);
                }
                Frames.send(out, answer);
                last = answer;
            }
        } catch (EOFException e) {
            Runtime.getRuntime().halt(0);
        }
    }
}

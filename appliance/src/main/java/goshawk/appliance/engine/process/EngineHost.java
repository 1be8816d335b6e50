package goshawk.appliance.engine.process;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.Engines;
import goshawk.trtbuild.EngineFolder;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * The engine process: opens an engine on its main thread, which alone uses it, and answers calls in their order. Nothing
 * is released at its end: that is what a process is for. It ends when its parent closes the pipe of calls or dies, within
 * seconds also while the engine computes or hangs, and after a failure that leaves the runtime in an unknown state.
 *
 * <p>Calls come on standard input; answers go to descriptor {@value #ANSWERS}, because native libraries print what they
 * like on standard output.
 */
public final class EngineHost {

    /** Where answers go: the parent's launcher has put the pipe there. */
    static final int ANSWERS = 3;

    static final String CALL_NUMBERS = "calls";
    static final String ANSWER_NUMBERS = "answers";

    /** The runtime failed. */
    static final int FAULT = 70;

    /** We did. */
    static final int BUG = 71;

    private final OutputStream answers;
    private final SharedMemory callNumbers;
    private final SharedMemory answerNumbers;
    private final Map<Long, AutoCloseable> made = new HashMap<>();

    private EngineHost(OutputStream answers, Path shared) throws IOException {
        this.answers = answers;
        this.callNumbers = SharedMemory.open(shared.resolve(CALL_NUMBERS));
        this.answerNumbers = SharedMemory.open(shared.resolve(ANSWER_NUMBERS));
    }

    /** Of {@code main}'s arguments, behind the shared folder. */
    static List<String> arguments(EngineFolder folder, int threads, OptionalInt context) {
        return List.of(folder.path().toString(), Integer.toString(threads), Integer.toString(context.orElse(0)));
    }

    public static void main(String[] arguments) {
        serve(Path.of(arguments[0]), () -> {
            int context = Integer.parseInt(arguments[3]);
            return Engines.open(
                    EngineFolder.open(Path.of(arguments[1])),
                    Integer.parseInt(arguments[2]),
                    context > 0 ? OptionalInt.of(context) : OptionalInt.empty());
        });
    }

    /**
     * Answers until the process ends; never returns.
     *
     * @param shared folder of the two shared memories
     * @param opener opens the engine on this thread
     */
    public static void serve(Path shared, Supplier<Engine> opener) {
        try {
            new EngineHost(new FileOutputStream("/dev/fd/" + ANSWERS), shared).run(opener);
        } catch (IOException | RuntimeException | Error e) {
            // The parent has gone, or does not understand us, or we are wrong: there is nobody to tell but the log.
            end(BUG, e);
        }
    }

    private void run(Supplier<Engine> opener) throws IOException {
        Frames.send(answers, new Answer.Hello(Frames.VERSION));
        Thread.ofPlatform().name("parent").daemon().start(EngineHost::endWithParent);
        Engine engine = open(opener);
        Frames.send(answers, new Answer.Ready(engine.identity()));
        while (true) {
            answer(engine, next());
        }
    }

    /** Also while the engine computes or hangs, and nobody reads the pipe. */
    private static void endWithParent() {
        ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().join());
        Runtime.getRuntime().halt(0);
    }

    private static Call next() throws IOException {
        try {
            return Call.read(Frames.receive(System.in));
        } catch (EOFException e) {
            Runtime.getRuntime().halt(0);
            throw e;
        }
    }

    private Engine open(Supplier<Engine> opener) throws IOException {
        try {
            return opener.get();
        } catch (RuntimeException e) {
            Frames.send(answers, Answer.Failed.of(0, e));
            throw end(FAULT, e);
        }
    }

    private void answer(Engine engine, Call call) throws IOException {
        try {
            switch (call) {
                case Call.Release(var _, var id) -> release(id);
                case Call.See see -> Frames.send(answers, see(engine, see));
                case Call.Start(var id) -> made.put(id, engine.start());
                case Call.Read read -> Frames.send(answers, read(engine, read));
                case Call.Show show -> Frames.send(answers, show(engine, show));
                case Call.Ask ask -> Frames.send(answers, ask(engine, ask));
            }
        } catch (RuntimeException e) {
            var failed = Answer.Failed.of(call.id(), e);
            Frames.send(answers, failed);
            if (failed.endsTheProcess()) {
                end(failed.kind() == Answer.Failed.Kind.CALL_FAILED ? FAULT : BUG, e);
            }
        }
    }

    private Answer see(Engine engine, Call.See see) throws IOException {
        MemorySegment pixels = callNumbers.read(see.id(), see.numbers());
        var seen = engine.see(pixels, see.frames(), see.rows(), see.columns());
        made.put(see.id(), seen);
        return new Answer.Seen(see.id(), seen.tokens());
    }

    private Answer read(Engine engine, Call.Read read) {
        var told = new Told(read.id(), 1);
        Engine.Context context = engine.read(context(read.past()), read.tokens(), pictures(read.pictures()), told::row);
        return said(read.id(), context, told.each);
    }

    private Answer show(Engine engine, Call.Show show) {
        return said(show.id(), engine.show(context(show.past()), show.tokens(), pictures(show.pictures())), 0);
    }

    private Answer said(long id, Engine.Context context, int logits) {
        made.put(id, context);
        return new Answer.Said(id, context.length(), context.bytes(), logits);
    }

    private Engine.Context context(long id) {
        return made(id, Engine.Context.class);
    }

    private List<Engine.PictureFeatures> pictures(List<Long> ids) {
        return ids.stream().map(id -> made(id, Engine.PictureFeatures.class)).toList();
    }

    private Answer ask(Engine engine, Call.Ask ask) {
        Engine.Context past = context(ask.past());
        var told = new Told(ask.id(), ask.continuations().size());
        ask.tokens()
                .ifPresentOrElse(
                        tokens -> engine.ask(past, ask.continuations(), tokens)
                                .forEach(row -> told.row(MemorySegment.ofArray(row))),
                        () -> engine.ask(past, ask.continuations(), told::row));
        return new Answer.Asked(ask.id(), told.rows, told.each);
    }

    /** What is told of a call's logits, row after row, all of one length. */
    private final class Told {

        private final long id;
        private final int rows;
        private MemorySegment room = MemorySegment.NULL;
        private int each;
        private int done;

        Told(long id, int rows) {
            this.id = id;
            this.rows = rows;
        }

        void row(MemorySegment logits) {
            if (done == 0) {
                each = Math.toIntExact(logits.byteSize() / Float.BYTES);
                room = room();
            }
            MemorySegment.copy(logits, 0, room, done++ * logits.byteSize(), logits.byteSize());
        }

        private MemorySegment room() {
            try {
                return answerNumbers.write(id, (long) rows * each);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private <T> T made(long id, Class<T> what) {
        AutoCloseable thing = made.get(id);
        if (thing == null) {
            throw new IllegalStateException("call %d made nothing that is still there".formatted(id));
        }
        return what.cast(thing);
    }

    private void release(long id) {
        AutoCloseable thing = made.remove(id);
        if (thing == null) {
            throw new IllegalStateException("call %d made nothing that is still there".formatted(id));
        }
        try {
            thing.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("what call %d made cannot be released".formatted(id), e);
        }
    }

    private static IllegalStateException end(int code, Throwable why) {
        why.printStackTrace();
        Runtime.getRuntime().halt(code);
        return new IllegalStateException("halted"); // for the compiler
    }
}

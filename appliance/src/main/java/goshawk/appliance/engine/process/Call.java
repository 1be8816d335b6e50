package goshawk.appliance.engine.process;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the appliance asks of the engine process. A call's id is larger than that of any call before it, of earlier
 * processes too, and names what the call makes.
 */
sealed interface Call extends Frames.Message {

    long id();

    /** As messages name it. */
    default String name() {
        return switch (this) {
            case See _ -> "see";
            case Start _ -> "start";
            case Read _ -> "read";
            case Show _ -> "show";
            case Ask _ -> "ask";
            case Release _ -> "release";
        };
    }

    /** @param numbers of the picture, which lie in the shared memory under this id */
    record See(long id, int frames, int rows, int columns, long numbers) implements Call {}

    /** The context of nothing, which cannot be refused. Has no answer. */
    record Start(long id) implements Call {}

    /**
     * @param past the call that made it
     * @param pictures the calls that made them
     */
    record Read(long id, long past, int[] tokens, List<Long> pictures) implements Call {}

    /** As {@link Read}; nobody asks what follows. */
    record Show(long id, long past, int[] tokens, List<Long> pictures) implements Call {}

    /** @param tokens of which the logits are asked; of the whole vocabulary where they are not named */
    record Ask(long id, long past, List<int[]> continuations, Optional<int[]> tokens) implements Call {}

    /**
     * Nobody needs any more what {@code made} made. Has no answer.
     *
     * @param made the id of a call
     */
    record Release(long id, long made) implements Call {}

    @Override
    default void write(DataOutputStream out) throws IOException {
        out.writeByte(
                switch (this) {
                    case See _ -> 1;
                    case Start _ -> 2;
                    case Read _ -> 3;
                    case Ask _ -> 4;
                    case Release _ -> 5;
                    case Show _ -> 6;
                });
        out.writeLong(id());
        switch (this) {
            case See(var _, var frames, var rows, var columns, var numbers) -> {
                out.writeInt(frames);
                out.writeInt(rows);
                out.writeInt(columns);
                out.writeLong(numbers);
            }
            case Start _ -> {}
            case Read(var _, var past, var tokens, var pictures) -> write(out, past, tokens, pictures);
            case Show(var _, var past, var tokens, var pictures) -> write(out, past, tokens, pictures);
            case Ask(var _, var past, var continuations, var tokens) -> {
                out.writeLong(past);
                out.writeInt(continuations.size());
                for (int[] continuation : continuations) {
                    Frames.write(out, continuation);
                }
                out.writeBoolean(tokens.isPresent());
                if (tokens.isPresent()) {
                    Frames.write(out, tokens.get());
                }
            }
            case Release(var _, var made) -> out.writeLong(made);
        }
    }

    private static void write(DataOutputStream out, long past, int[] tokens, List<Long> pictures) throws IOException {
        out.writeLong(past);
        Frames.write(out, tokens);
        Frames.write(out, pictures);
    }

    static Call read(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        long id = in.readLong();
        return switch (kind) {
            case 1 -> new See(id, in.readInt(), in.readInt(), in.readInt(), in.readLong());
            case 2 -> new Start(id);
            case 3 -> new Read(id, in.readLong(), Frames.integers(in), Frames.longs(in));
            case 4 -> {
                long past = in.readLong();
                List<int[]> continuations = new ArrayList<>();
                for (int left = Frames.count(in, Integer.BYTES); left > 0; left--) {
                    continuations.add(Frames.integers(in));
                }
                yield new Ask(
                        id,
                        past,
                        continuations,
                        in.readBoolean() ? Optional.of(Frames.integers(in)) : Optional.empty());
            }
            case 5 -> new Release(id, in.readLong());
            case 6 -> new Show(id, in.readLong(), Frames.integers(in), Frames.longs(in));
            default -> throw new IOException("no call has number " + kind);
        };
    }
}

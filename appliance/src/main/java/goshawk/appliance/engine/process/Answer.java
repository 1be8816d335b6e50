package goshawk.appliance.engine.process;

import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** What the engine process says: who it is, then one answer for each call that has one, with the call's id. */
sealed interface Answer extends Frames.Message {

    long id();

    /** The first thing that is said. Never changes, so that any two versions understand it. */
    record Hello(int version) implements Answer {

        @Override
        public long id() {
            return 0;
        }
    }

    /** The engine is open. */
    record Ready(EngineIdentity identity) implements Answer {

        @Override
        public long id() {
            return 0;
        }
    }

    /** @param tokens that stand for what was seen */
    record Seen(long id, int tokens) implements Answer {}

    /**
     * @param length tokens read so far
     * @param bytes of keys and values
     * @param logits that lie in the shared memory under this id; 0 of what was shown
     */
    record Said(long id, int length, long bytes, int logits) implements Answer {}

    /** @param rows and {@code logits} of each, which lie in the shared memory under this id */
    record Asked(long id, int rows, int logits) implements Answer {}

    /** @param call that failed, where the runtime's own did; else empty */
    record Failed(long id, Kind kind, String call, String message) implements Answer {

        enum Kind {
            /** The engine does not do what was asked; it is as it was. */
            REFUSED,
            CONTEXT_FULL,
            /** The runtime failed; the process ends. */
            CALL_FAILED,
            /** A bug; the process ends. */
            UNEXPECTED
        }

        static Failed of(long id, RuntimeException e) {
            String message = String.valueOf(e.getMessage());
            return switch (e) {
                case EngineException.CallFailed failed ->
                    new Failed(
                            id,
                            Kind.CALL_FAILED,
                            failed.call(),
                            message.substring(
                                    Math.min(message.length(), failed.call().length() + 2)));
                case EngineException.ContextFull _ -> new Failed(id, Kind.CONTEXT_FULL, "", message);
                case EngineException _ -> new Failed(id, Kind.REFUSED, "", message);
                default -> new Failed(id, Kind.UNEXPECTED, "", e.toString());
            };
        }

        EngineException exception() {
            return switch (kind) {
                case REFUSED, UNEXPECTED -> new EngineException(message);
                case CONTEXT_FULL -> new EngineException.ContextFull(message);
                case CALL_FAILED -> new EngineException.CallFailed(call, message);
            };
        }

        /** True when nothing that the process still says is to be trusted. */
        boolean endsTheProcess() {
            return kind == Kind.CALL_FAILED || kind == Kind.UNEXPECTED;
        }
    }

    @Override
    default void write(DataOutputStream out) throws IOException {
        out.writeByte(
                switch (this) {
                    case Hello _ -> 1;
                    case Ready _ -> 2;
                    case Seen _ -> 3;
                    case Said _ -> 4;
                    case Asked _ -> 5;
                    case Failed _ -> 6;
                });
        switch (this) {
            case Hello(var version) -> out.writeInt(version);
            case Ready(var by) -> {
                out.writeUTF(by.name());
                out.writeUTF(by.hash());
                out.writeUTF(by.precision());
                out.writeUTF(by.runtime());
            }
            case Seen(var id, var tokens) -> {
                out.writeLong(id);
                out.writeInt(tokens);
            }
            case Said(var id, var length, var bytes, var logits) -> {
                out.writeLong(id);
                out.writeInt(length);
                out.writeLong(bytes);
                out.writeInt(logits);
            }
            case Asked(var id, var rows, var logits) -> {
                out.writeLong(id);
                out.writeInt(rows);
                out.writeInt(logits);
            }
            case Failed(var id, var kind, var call, var message) -> {
                out.writeLong(id);
                out.writeUTF(kind.name());
                out.writeUTF(cut(call));
                out.writeUTF(cut(message));
            }
        }
    }

    static Answer read(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        return switch (kind) {
            case 1 -> new Hello(in.readInt());
            case 2 -> new Ready(new EngineIdentity(in.readUTF(), in.readUTF(), in.readUTF(), in.readUTF()));
            case 3 -> new Seen(in.readLong(), in.readInt());
            case 4 -> new Said(in.readLong(), in.readInt(), in.readLong(), in.readInt());
            case 5 -> new Asked(in.readLong(), in.readInt(), in.readInt());
            case 6 -> new Failed(in.readLong(), kind(in.readUTF()), in.readUTF(), in.readUTF());
            default -> throw new IOException("no answer has number " + kind);
        };
    }

    private static Failed.Kind kind(String name) throws IOException {
        try {
            return Failed.Kind.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new IOException("no failure is called " + name, e);
        }
    }

    /** {@code writeUTF} takes 65,535 bytes. */
    private static String cut(String text) {
        return text.length() <= 10_000 ? text : text.substring(0, 10_000) + "…";
    }
}

package goshawk.trtbuild.tensorrt;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Asks an operator all that TensorRT asks, by places in tables of functions; places and layouts are those of its headers. */
final class OperatorCalls {

    static final MemorySegment NOTHING = MemorySegment.NULL;
    static final int OK = 0;

    // Places in the tables, behind what all interfaces have.
    static final int CAPABILITY = 0;
    static final int CLONE = 1;
    static final int CONFIGURE = 0;
    static final int OUTPUT_TYPES = 1;
    static final int OUTPUT_SHAPES = 2;
    static final int SUPPORTS = 3;
    static final int OUTPUT_COUNT = 4;
    static final int WORKSPACE = 5;
    static final int SHAPE_CHANGE = 1;
    static final int ENQUEUE = 2;

    /** Bytes of what describes a tensor. */
    static final int PLAIN = 88;

    /** The same with a profile's sizes. */
    static final int DYNAMIC = 304;

    /** Bytes of what computes the sizes of a tensor. */
    static final int EXPRESSIONS = 72;

    final Calls creator;
    final Calls plugin;
    final Calls core;
    final Calls build;
    final Calls runtime;

    private final Arena arena;

    OperatorCalls(Operator operator, Arena arena) {
        this.arena = arena;
        this.creator = new Calls(new OperatorCreator(new OperatorPlugin(operator)).object());
        this.plugin = creator.toObject(0, arena.allocateFrom("node"), NOTHING, 0);
        this.core = plugin.toObject(CAPABILITY, 0);
        this.build = plugin.toObject(CAPABILITY, 1);
        this.runtime = plugin.toObject(CAPABILITY, 2);
    }

    /** Descriptions of so many bytes each, of inputs and an output behind them. */
    private MemorySegment descs(int bytes, long[]... shapes) {
        MemorySegment descs = arena.allocate((shapes.length + 1L) * bytes, 8);
        for (int i = 0; i < shapes.length; i++) {
            descs.set(ValueLayout.JAVA_INT, (long) i * bytes, shapes[i].length);
            for (int j = 0; j < shapes[i].length; j++) {
                descs.set(ValueLayout.JAVA_LONG, (long) i * bytes + 8 + 8L * j, shapes[i][j]);
            }
        }
        return descs;
    }

    /** Whether it takes inputs of these shapes. */
    boolean isConfigured(long[]... shapes) {
        MemorySegment descs = descs(DYNAMIC, shapes);
        return build.toInt(CONFIGURE, descs, shapes.length, descs, 1) == OK;
    }

    /** With inputs at 0xA0 and from there on, the output at 0xB0, on stream 0xD0. */
    int enqueued(long[]... shapes) {
        MemorySegment descs = descs(PLAIN, shapes);
        MemorySegment inputs = arena.allocate(ValueLayout.JAVA_LONG, shapes.length);
        for (int i = 0; i < shapes.length; i++) {
            inputs.setAtIndex(ValueLayout.JAVA_LONG, i, 0xA0 + i);
        }
        return runtime.toInt(
                ENQUEUE,
                descs,
                descs.asSlice((long) shapes.length * PLAIN),
                inputs,
                arena.allocateFrom(ValueLayout.JAVA_LONG, 0xB0),
                0xC0L,
                0xD0L);
    }

    /** The output's sizes, where those of input i are computed by 0xA0 + i and 0xB0 + i. */
    String outputSizes(int inputs) {
        MemorySegment shapes = arena.allocate((long) inputs * EXPRESSIONS, 8);
        for (int i = 0; i < inputs; i++) {
            shapes.set(ValueLayout.JAVA_INT, (long) i * EXPRESSIONS, 2);
            shapes.set(ValueLayout.JAVA_LONG, (long) i * EXPRESSIONS + 8, 0xA0 + i);
            shapes.set(ValueLayout.JAVA_LONG, (long) i * EXPRESSIONS + 16, 0xB0 + i);
        }
        MemorySegment output = arena.allocate(EXPRESSIONS, 8);
        int code = build.toInt(OUTPUT_SHAPES, shapes, inputs, NOTHING, 0, output, 1, NOTHING);
        return "%d: %d of %x %x"
                .formatted(
                        code,
                        output.get(ValueLayout.JAVA_INT, 0),
                        output.get(ValueLayout.JAVA_LONG, 8),
                        output.get(ValueLayout.JAVA_LONG, 16));
    }

    /** The output's type for inputs of these; -1 if they are refused. */
    int outputType(int... types) {
        MemorySegment output = arena.allocate(ValueLayout.JAVA_INT);
        int code = build.toInt(OUTPUT_TYPES, output, 1, arena.allocateFrom(ValueLayout.JAVA_INT, types), types.length);
        return code == OK ? output.get(ValueLayout.JAVA_INT, 0) : -1;
    }
}

package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.Executable;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The computations of one profile, by their sizes. A station asks for the same few sizes part after part; of more than
 * {@value #MOST}, the one that was not used for the longest time makes room.
 *
 * @param <S> sizes, a record
 */
final class Computations<S> implements AutoCloseable {

    private static final int MOST = 8;

    private final Supplier<Executable> maker;
    private final ToLongFunction<S> inputBytes;
    private final Map<S, Computation> ready = new LinkedHashMap<>(MOST, 0.75f, true);

    /** @param inputBytes what all inputs from the host take, by the sizes */
    Computations(Supplier<Executable> maker, ToLongFunction<S> inputBytes) {
        this.maker = maker;
        this.inputBytes = inputBytes;
    }

    Computation of(S sizes) {
        Computation found = ready.get(sizes);
        if (found != null) {
            return found;
        }
        Executable execution = ready.size() < MOST ? maker.get() : givenUp();
        Computation made = new Computation(execution, new DeviceInputs(inputBytes.applyAsLong(sizes)));
        ready.put(sizes, made);
        return made;
    }

    private Executable givenUp() {
        Iterator<Computation> eldest = ready.values().iterator();
        Computation computation = eldest.next();
        eldest.remove();
        computation.close();
        return computation.execution();
    }

    @Override
    public void close() {
        ready.values().forEach(Computation::close);
        ready.clear();
    }
}

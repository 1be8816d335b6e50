package goshawk.camera;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What triggers all but the first of a station's cameras: the first one's triggers, each under its own number and name, so that what the
 * cameras answer can be told by its trigger and by nothing else. For any thread; returns at once.
 */
public final class SharedTriggers implements TriggerSource {

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /** Whom triggers are told. */
    interface Listener {

        /** @param number as the cameras count triggers; empty where nobody does */
        void announced(Trigger trigger, OptionalLong number);

        /** A trigger of which it is known that the first camera has no picture. */
        void missed(Trigger trigger, OptionalLong number, Cause cause, String detail);
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    void stop(Listener listener) {
        listeners.remove(listener);
    }

    void announce(Trigger trigger, OptionalLong number) {
        listeners.forEach(listener -> listener.announced(trigger, number));
    }

    void announceMissed(Trigger trigger, OptionalLong number, Cause cause, String detail) {
        listeners.forEach(listener -> listener.missed(trigger, number, cause, detail));
    }
}

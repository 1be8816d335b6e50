package goshawk.trtbuild.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Names and their values; what is set in a loop or a macro ends with it. */
final class Scope {

    private final Map<String, Value> names = new HashMap<>();
    private final Optional<Scope> outer;

    Scope(Optional<Scope> outer) {
        this.outer = outer;
    }

    Scope inner() {
        return new Scope(Optional.of(this));
    }

    void set(String name, Value value) {
        names.put(name, value);
    }

    Value get(String name) {
        Value value = names.get(name);
        if (value != null) {
            return value;
        }
        return outer.map(it -> it.get(name)).orElseGet(() -> new Value.Undefined(name));
    }
}

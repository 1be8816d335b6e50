package goshawk.appliance.recipe;

import java.util.List;

/** A settings file cannot be used; says everything that is wrong with it, one line a problem. */
public final class ConfigurationException extends RuntimeException {

    private final transient List<String> problems;

    public ConfigurationException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /** At least one, each {@code file:line: rule}, in the order of the file. */
    public List<String> problems() {
        return problems;
    }
}

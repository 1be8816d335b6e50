package goshawk.trtbuild.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A template, read once and rendered any number of times. Immutable; safe for any thread.
 *
 * @see goshawk.trtbuild.jinja the package, for what is taken
 */
public final class JinjaTemplate {

    private final String name;
    private final List<Statement> body;

    private JinjaTemplate(String name, List<Statement> body) {
        this.name = name;
        this.body = body;
    }

    /**
     * @param name for messages, a file's
     * @throws JinjaException when the template is wrong or asks for what is not taken
     */
    public static JinjaTemplate parse(String name, String source) {
        return new JinjaTemplate(name, Parser.parse(name, source));
    }

    /**
     * @param variables strings, numbers, booleans, lists and maps with string keys, nested at will
     * @throws JinjaException when the template calls {@code raise_exception}, or does what its values do not allow
     */
    public String render(Map<String, ?> variables) {
        var global = new Scope(Optional.empty());
        variables.forEach((key, value) -> global.set(key, Value.of(value)));
        try {
            return new Renderer(name).render(body, global);
        } catch (StackOverflowError e) {
            throw new JinjaException(name + ": a macro calls itself without end");
        }
    }
}

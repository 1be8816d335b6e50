package goshawk.trtbuild.jinja;

/** A template cannot be read or rendered; the message names the template, the line and what it holds. */
public final class JinjaException extends RuntimeException {

    public JinjaException(String message) {
        super(message);
    }
}

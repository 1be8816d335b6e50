package goshawk.appliance.inspect;

/** A JSON Schema that no grammar can be made of. The message names the place, what stands there, and what would do. */
public final class SchemaException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public SchemaException(String message) {
        super(message);
    }
}

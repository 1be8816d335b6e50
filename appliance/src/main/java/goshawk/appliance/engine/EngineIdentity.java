package goshawk.appliance.engine;

/**
 * Which engine answered: goes into every record and message.
 *
 * @param name the checkpoint's name
 * @param hash SHA-256 over the engine folder's manifest, in hexadecimal
 * @param precision for example {@code fp32 arithmetic, fp8 weights}
 * @param runtime name and version
 */
public record EngineIdentity(String name, String hash, String precision, String runtime) {}

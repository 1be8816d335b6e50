package goshawk.appliance.domain;

import java.util.Optional;

/** The verifications that a station knows of. Everything here throws {@link LogException} when the store fails. */
public interface Verifications extends AutoCloseable {

    /** Returns once the verification would survive a power cut. */
    void append(Verification verification);

    /**
     * The newest verification with the whole golden set of this recipe by name; of the same recipe, engine and precision
     * as {@code running} and the same golden set where there is one, otherwise of others, so that somebody can be told what
     * has changed.
     *
     * @param goldenHash as in {@link Verification}
     */
    Optional<Verification> newest(Provenance running, String goldenHash);

    @Override
    void close();
}

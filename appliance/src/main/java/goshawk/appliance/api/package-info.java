/**
 * The model over HTTP, in the form that OpenAI's clients speak: {@link goshawk.appliance.api.ApiServer} starts it, {@code
 * ChatController} answers. {@code ChatRequest} is what was asked, {@code Prompt} the tokens and pictures of it, {@code
 * Generation} the answer as it is written, {@code ReplyJson} what goes over the wire.
 *
 * <p>Everything here runs on threads of its own and reaches the engine as a guest ({@link
 * goshawk.appliance.engine.EngineShare}): a part on the line waits for one step of it at most.
 */
@Configuration
@Requires(property = "goshawk.server", value = "api")
@NullMarked
package goshawk.appliance.api;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;

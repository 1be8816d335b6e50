package goshawk.appliance.api;

import com.fasterxml.jackson.databind.JsonNode;
import goshawk.appliance.inspect.Sampling;
import goshawk.trtbuild.Message;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What was asked, in our words.
 *
 * @param messages with a place for each picture
 * @param pictures as they were sent, encoded, in the order of their places
 * @param mostTokens of the answer, thought included; empty for as many as the context has room for
 * @param stop texts that end the answer and are not part of it
 * @param likeliest tokens to tell beside each one that was said; empty when nobody wants to know
 * @param schema that the answer follows; empty for free text
 * @param thinks false when a thought is closed before it begins
 * @param stream in pieces, as they come
 * @param usageInStream what was used, in a last piece
 */
record ChatRequest(
        String model,
        List<Message> messages,
        List<byte[]> pictures,
        Sampling sampling,
        OptionalInt mostTokens,
        List<String> stop,
        OptionalInt likeliest,
        Optional<JsonNode> schema,
        boolean thinks,
        boolean stream,
        boolean usageInStream) {

    ChatRequest {
        messages = List.copyOf(messages);
        pictures = List.copyOf(pictures);
        stop = List.copyOf(stop);
    }
}

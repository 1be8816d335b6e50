package goshawk.appliance.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** The data set's card for people. */
final class Card {

    private Card() {}

    static String text(JsonNode card) {
        var text = new StringBuilder("""
                # Conversations about inspected parts

                What operators confirmed, as questions, pictures and right answers, for training a vision-language model.
                `docs/finetuning.md` of Goshawk says how.

                """);
        for (String fact : new String[] {"created", "since", "recipe", "promptsHash", "engines", "confirmedBy"}) {
            if (card.has(fact)) {
                JsonNode said = card.get(fact);
                text.append("- %s: %s%n".formatted(fact, said.isTextual() ? said.asText() : said));
            }
        }
        text.append("\n| split | parts | conversations | answers |\n| --- | --- | --- | --- |\n");
        for (Map.Entry<String, JsonNode> split : card.path("splits").properties()) {
            text.append("| %s | %d | %d | %s |%n"
                    .formatted(
                            split.getKey(),
                            split.getValue().path("parts").asInt(),
                            split.getValue().path("conversations").asInt(),
                            split.getValue().path("verdicts")));
        }
        if (!card.path("leftOut").isEmpty()) {
            text.append("\nLeft out:\n\n");
            card.path("leftOut")
                    .properties()
                    .forEach(reason ->
                            text.append("- %d: %s%n".formatted(reason.getValue().asInt(), reason.getKey())));
        }
        return text.append("""

                The split goes by part, never by picture. `card.json` has the hashes.

                Licence: not known to Goshawk. The pictures show somebody's parts; ask them before you give this away. What they
                show, and who confirmed it, may be confidential or personal.
                """).toString();
    }
}

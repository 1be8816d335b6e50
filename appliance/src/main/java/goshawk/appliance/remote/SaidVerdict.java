package goshawk.appliance.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.remote.ChatClient.Said;
import goshawk.appliance.remote.ChatClient.Token;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server's answer says. Where it tells the shares of its tokens, they give score and doubt as the local model's
 * logits do; where it does not, its word is all there is, and score and doubt are 0 or 1.
 *
 * @param score share of REJECT, in [0, 1]
 * @param doubt share of REVIEW, in [0, 1]
 * @param boxes empty unless it rejects
 * @param text the answer, word for word
 */
record SaidVerdict(double score, double doubt, List<Box> boxes, String text) {

    /** Of the width and the height of the picture that was shown. */
    static final int LARGEST = 1_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern OPENING = Pattern.compile("\"verdict\"\\s*:\\s*\"");
    private static final int MOST_BOXES = 16;

    /** Where a defect is said to be: x0 &lt; x1 and y0 &lt; y1, all in [0, {@value #LARGEST}]. */
    record Box(String defect, int x0, int y0, int x1, int y1) {}

    private enum Choice {
        PASS,
        REJECT,
        REVIEW
    }

    /**
     * @param defects codes that the answer may name
     * @throws RemoteException when it is no verdict
     */
    static SaidVerdict of(Said said, List<String> defects) {
        JsonNode answer = json(said.content());
        Choice choice = choice(answer.path("verdict").asText());
        Map<Choice, Double> shares = shares(said).orElseGet(() -> Map.of(choice, 1.0));
        return new SaidVerdict(
                shares.getOrDefault(Choice.REJECT, 0.0),
                shares.getOrDefault(Choice.REVIEW, 0.0),
                choice == Choice.REJECT ? boxes(answer.path("findings"), defects) : List.of(),
                said.content());
    }

    private static JsonNode json(String content) {
        try {
            JsonNode answer = JSON.readTree(content);
            if (answer != null && answer.isObject()) {
                return answer;
            }
        } catch (IOException e) {
            // told below
        }
        throw RemoteException.failed("the answer is no verdict: " + shortened(content));
    }

    private static Choice choice(String verdict) {
        return Arrays.stream(Choice.values())
                .filter(choice -> choice.name().equals(verdict))
                .findFirst()
                .orElseThrow(
                        () -> RemoteException.failed("the answer's verdict is '%s'".formatted(shortened(verdict))));
    }

    private static String shortened(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() > 100 ? line.substring(0, 100) + "…" : line;
    }

    private static List<Box> boxes(JsonNode findings, List<String> defects) {
        List<Box> boxes = new ArrayList<>();
        for (JsonNode finding : findings) {
            JsonNode box = finding.path("box");
            String defect = finding.path("defect").asText();
            if (boxes.size() == MOST_BOXES || !defects.contains(defect) || !isBox(box)) {
                continue; // the verdict stands, without a place
            }
            boxes.add(new Box(
                    defect,
                    box.get(0).asInt(),
                    box.get(1).asInt(),
                    box.get(2).asInt(),
                    box.get(3).asInt()));
        }
        return List.copyOf(boxes);
    }

    private static boolean isBox(JsonNode box) {
        if (!box.isArray() || box.size() != 4) {
            return false;
        }
        for (JsonNode edge : box) {
            if (!edge.canConvertToInt() || edge.asInt() < 0 || edge.asInt() > LARGEST) {
                return false;
            }
        }
        return box.get(0).asInt() < box.get(2).asInt()
                && box.get(1).asInt() < box.get(3).asInt();
    }

    /** The shares at the place of the verdict; empty when the server does not tell them. */
    private static Optional<Map<Choice, Double>> shares(Said said) {
        Matcher opening = OPENING.matcher(said.content());
        if (said.tokens().isEmpty() || !opening.find()) {
            return Optional.empty();
        }
        int place = opening.end();
        int at = 0;
        int index = 0;
        while (index < said.tokens().size()
                && at + said.tokens().get(index).text().length() <= place) {
            at += said.tokens().get(index++).text().length();
        }
        boolean isSame = said.tokens().stream()
                .map(Token::text)
                .reduce("", String::concat)
                .startsWith(said.content().substring(0, place));
        if (index == said.tokens().size() || !isSame) {
            return Optional.empty();
        }
        Map<Choice, Double> shares = new EnumMap<>(Choice.class);
        String begun = said.content().substring(at, place);
        split(said.tokens(), index, begun, "", 1, shares);
        double sum = shares.values().stream().mapToDouble(it -> it).sum();
        if (!(sum > 0)) {
            return Optional.empty();
        }
        shares.replaceAll((_, share) -> share / sum);
        return Optional.of(shares);
    }

    /**
     * Adds to {@code shares} what the tokens at {@code index} say.
     *
     * @param begun what such a token holds of the text before the verdict
     * @param said of the verdict's word so far
     * @param share of what was said so far
     */
    private static void split(
            List<Token> tokens, int index, String begun, String said, double share, Map<Choice, Double> shares) {
        Token chosen = tokens.get(index);
        List<Token> likeliest = chosen.likeliest().isEmpty() ? List.of(chosen) : chosen.likeliest();
        for (Token token : likeliest) {
            if (!token.text().startsWith(begun) || token.text().length() == begun.length()) {
                continue;
            }
            String word = said + token.text().substring(begun.length());
            List<Choice> meant = Arrays.stream(Choice.values())
                    .filter(choice -> choice.name().startsWith(word) || word.startsWith(choice.name() + "\""))
                    .toList();
            double part = share * Math.exp(token.logarithm());
            if (meant.size() == 1) {
                shares.merge(meant.getFirst(), part, Double::sum);
            } else if (meant.size() > 1 && token.text().equals(chosen.text()) && index + 1 < tokens.size()) {
                split(tokens, index + 1, "", word, part, shares);
            } else if (meant.size() > 1) {
                // REJECT and REVIEW begin alike and the server did not go on this way: which of them is not known.
                shares.merge(Choice.REVIEW, part, Double::sum);
            }
        }
    }
}

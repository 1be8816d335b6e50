package goshawk.appliance.inspect;

import goshawk.camera.Region;
import java.util.List;

/**
 * What is shown of one region, and what is asked about it.
 *
 * @param view whose picture shows it
 * @param place in the nominal picture
 * @param before what the model reads before the region, the same for every part
 * @param questions in the recipe's order
 * @param codes that are read in it, in the recipe's order; there is a question or a code
 */
record RegionView(
        String name,
        String view,
        Region place,
        List<Passage> before,
        List<Question> questions,
        List<CodeReader.Question> codes) {

    List<Question> atOnce() {
        return questions.stream()
                .filter(question -> question.thoughtTokens().isEmpty())
                .toList();
    }

    List<Question> afterThought() {
        return questions.stream()
                .filter(question -> question.thoughtTokens().isPresent())
                .toList();
    }
}

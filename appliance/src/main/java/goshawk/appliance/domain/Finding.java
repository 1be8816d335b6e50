package goshawk.appliance.domain;

import goshawk.camera.Region;
import goshawk.camera.Views;

/**
 * What the model says it saw.
 *
 * @param prompt id of the prompt or code that asked
 * @param defect defect code
 * @param score how sure the model was to name it, in [0, 1]: the share of REJECT among the verdict tokens; of further
 *     findings of an answer, that times the share of going on to this one rather than closing the list, where the model
 *     tells it. Of a code, that of its {@link Reading}
 * @param region where, in pixels of the original picture of {@code view}
 * @param answer the model's answer, word for word; the same in all findings that it names. Of a code, what was read and what
 *     was expected
 * @param view whose picture shows it; {@link Views#ONLY} where there is but one
 */
public record Finding(String prompt, String defect, double score, Region region, String answer, String view) {

    /** In the only view. */
    public Finding(String prompt, String defect, double score, Region region, String answer) {
        this(prompt, defect, score, region, answer, Views.ONLY);
    }
}

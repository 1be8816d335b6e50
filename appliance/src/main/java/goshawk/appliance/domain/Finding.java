package goshawk.appliance.domain;

import goshawk.camera.Region;

/**
 * What the model says it saw.
 *
 * @param prompt id of the prompt or code that asked
 * @param defect defect code
 * @param score share of REJECT among the verdict tokens, in [0, 1]; of a code, that of its {@link Reading}
 * @param region where, in pixels of the original picture
 * @param answer the model's answer, word for word; the same in all findings that it names. Of a code, what was read and what
 *     was expected
 */
public record Finding(String prompt, String defect, double score, Region region, String answer) {}

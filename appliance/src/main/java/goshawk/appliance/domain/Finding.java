package goshawk.appliance.domain;

import goshawk.camera.Region;

/**
 * What the model says it saw.
 *
 * @param prompt id of the prompt that asked
 * @param defect defect code
 * @param score share of REJECT among the verdict tokens, in [0, 1]
 * @param region where, in pixels of the original picture
 * @param answer the model's answer, word for word; the same in all findings that it names
 */
public record Finding(String prompt, String defect, double score, Region region, String answer) {}

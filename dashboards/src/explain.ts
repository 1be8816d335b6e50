/** Which answer belongs to which score. */

import type { Finding, Score } from "./wire.js";

/** Whether the model was asked to explain: the part is not clearly free of this defect. */
export function needsExplanation(score: Score): boolean {
  return score.score >= score.rejectAt || score.score + score.doubt >= score.reviewAt;
}

/**
 * The finding of each score, undefined where there is none. A prompt may be asked in several regions; the record holds one
 * finding for each score that needed an explanation, in the same order, so the first such score of a prompt has its first
 * finding.
 */
export function explained(scores: readonly Score[], findings: readonly Finding[]): (Finding | undefined)[] {
  const waiting = new Map<string, Finding[]>();
  for (const finding of findings) waiting.set(finding.prompt, [...(waiting.get(finding.prompt) ?? []), finding]);
  return scores.map((score) => (needsExplanation(score) ? waiting.get(score.prompt)?.shift() : undefined));
}

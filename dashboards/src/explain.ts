/** Which answer and which thought belong to which score. */

import type { Finding, Score, Thought } from "./wire.js";

/** Whether the model was asked to explain: the part is not clearly free of this defect. */
export function needsExplanation(score: Score): boolean {
  return score.score >= score.rejectAt || score.score + score.doubt >= score.reviewAt;
}

/**
 * The findings of each score, none where it needed no explanation. A prompt may be asked in several regions; the record
 * holds the findings in the order of the scores, and an answer says how many it names.
 */
export function explained(scores: readonly Score[], findings: readonly Finding[]): Finding[][] {
  const waiting = new Map<string, Finding[]>();
  for (const finding of findings) waiting.set(finding.prompt, [...(waiting.get(finding.prompt) ?? []), finding]);
  return scores.map((score) => {
    const own = needsExplanation(score) ? (waiting.get(score.prompt) ?? []) : [];
    return own.splice(0, own.length === 0 ? 0 : named(own[0]!.answer));
  });
}

/** How many findings an answer names; one where it names no list: a doubt, or an answer of an earlier Goshawk. */
function named(answer: string): number {
  try {
    const { findings } = JSON.parse(answer) as { findings?: unknown[] };
    return Math.max(1, findings?.length ?? 1);
  } catch {
    return 1;
  }
}

/** What the model thought before this score, if it did. */
export function thoughtOf(score: Score, thoughts: readonly Thought[]): Thought | undefined {
  return thoughts.find((thought) => thought.prompt === score.prompt && thought.region === score.region);
}

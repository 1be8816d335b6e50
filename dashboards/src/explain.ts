/** What belongs to which score, and what follows from what another model said. */

import type { Finding, Score, SecondOpinion, Thought, Verdict } from "./wire.js";
import { words } from "./words.js";

/** What one score says, by its prompt's thresholds. */
export function saying(score: Score): Verdict {
  if (score.score >= score.rejectAt) return "REJECT";
  return score.score + score.doubt >= score.reviewAt ? "REVIEW" : "PASS";
}

/** Whether the model was asked to explain: the part is not clearly free of this defect. */
export function needsExplanation(score: Score): boolean {
  return saying(score) !== "PASS";
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

/** The score of the same question about the same region, among another model's. */
export function counterpart(score: Score, others: readonly Score[]): Score | undefined {
  return others.find((other) => other.prompt === score.prompt && other.region === score.region);
}

/** In a line: whether another model agrees with the line's own, and what came of it if not. */
export function conclusion(said: SecondOpinion, verdict: Verdict): string {
  const { state, verdict: other, ownVerdict: own } = said;
  if (other === null || (other === own && verdict === own)) return words.secondState[state];
  const now = words.verdict[verdict];
  return verdict === own
    ? words.secondStays(words.verdict[other], now)
    : words.secondChanged(words.verdict[other], words.verdict[own], now);
}

/** What the model thought before this score, if it did. */
export function thoughtOf(score: Score, thoughts: readonly Thought[]): Thought | undefined {
  return thoughts.find((thought) => thought.prompt === score.prompt && thought.region === score.region);
}

/** What the appliance says over HTTP. The Java records of `goshawk.appliance.web` are the other side of this file. */

export type Verdict = "PASS" | "REJECT" | "REVIEW" | "NOT_INSPECTED";

export const verdicts: readonly Verdict[] = ["PASS", "REJECT", "REVIEW", "NOT_INSPECTED"];

/** Left, top, right, bottom in pixels of the original picture; right and bottom are exclusive. */
export type Region = [number, number, number, number];

export interface Finding {
  prompt: string;
  defect: string;
  /** Share of REJECT among the verdict tokens, 0 to 1. */
  score: number;
  region: Region;
  /** The model's answer, word for word; the same in all findings that it names. */
  answer: string;
  /** True when another machine's model found it. */
  isSecond: boolean;
  /** Whose picture shows it; empty on a station with one view. */
  view: string;
}

/** One view of a part: its picture, and what is wrong with it. */
export interface PartView {
  view: string;
  /** Null where there is none. */
  picture: string | null;
  pixelsSha256: string | null;
  /** Why there is no picture, or but a partial one; null of a whole one. */
  fault: string | null;
}

export interface Row {
  id: number;
  trigger: number;
  part: string;
  /** UTC, ISO 8601. */
  at: string;
  verdict: Verdict;
  recipe: string;
  /** The highest score of any prompt; null where none was asked. */
  score: number | null;
  /** The highest of any prompt; null until the recipe is calibrated. */
  confidence: number | null;
  /** Trigger to verdict. */
  latencyMs: number;
  /** Why a part was not inspected. */
  cause: string | null;
  detail: string | null;
  findings: Finding[];
  /** Where the judged pixels are, of several views those of the first; null where none were kept. */
  picture: string | null;
  /** All of the part's, in their order, as far as they are known; empty on a station with one view. */
  views: PartView[];
  isSimulated: boolean;
}

export interface Page {
  rows: Row[];
  /** Ask with `before=` this for the rows that follow; null at the end. */
  next: number | null;
}

export interface Score {
  prompt: string;
  question: string;
  defects: string[];
  /** Name of the recipe's region that was looked at. */
  region: string;
  severity: "CRITICAL" | "MAJOR" | "MINOR";
  score: number;
  doubt: number;
  /** That the part has the defect; null until the recipe is calibrated. */
  confidence: number | null;
  reviewAt: number;
  rejectAt: number;
}

export interface Reading {
  code: string;
  question: string;
  /** In its normal form; null where nothing could be read. Any script. */
  text: string | null;
  /** Product of the tokens' shares, 0 to 1. */
  score: number;
  region: Region;
  /** A text, a pattern, a check; empty where any text is right. */
  expected: string;
  outcome: "MATCH" | "CONFLICT" | "UNREADABLE" | "DOUBTFUL";
  /** Whose picture it was read in; empty on a station with one view. */
  view: string;
}

/** What the model said to itself before a score. No part of the verdict. */
export interface Thought {
  prompt: string;
  region: string;
  text: string;
  tokens: number;
  ended: "BY_ITSELF" | "BUDGET" | "DEADLINE";
}

export interface SecondOpinion {
  /** And the server that has it. */
  model: string;
  state: "ANSWERED" | "LATE" | "FAILED" | "NOT_ASKED";
  /** Why there is no answer; empty when there is one. */
  detail: string;
  ms: number;
  /** That its answer comes to; null without an answer. */
  verdict: Verdict | null;
  /** That the line's own model came to; the record's may be stricter. */
  ownVerdict: Verdict;
  /** One for each prompt and region that it answered: all of them, or those that were in doubt. */
  scores: Score[];
  findings: Finding[];
}

export interface Step {
  step: string;
  ms: number;
}

export interface Detail {
  row: Row;
  scores: Score[];
  readings: Reading[];
  thoughts: Thought[];
  /** What another machine's model said; null where none was to be asked. */
  secondOpinion: SecondOpinion | null;
  /** In the order of the work; what the total has beyond them belongs to no step. */
  steps: Step[];
  /** Null where the recipe has changed since. */
  taktMs: number | null;
  engine: { name: string; hash: string; precision: string; runtime: string };
  recipe: { name: string; version: string; hash: string; isVerified: boolean };
  promptsHash: string;
  /** Over the judged pixels, not the file. */
  pixelsSha256: string | null;
  order: string;
  shift: string;
  attempt: number;
  isPublished: boolean;
  outcome: { disposition: Disposition; at: string; afterMs: number; detail: string };
  /** The last that an operator said; null while nobody did. */
  confirmation: Confirmation | null;
}

/** What an operator says is true of a part. */
export type Label = "PASS" | "REJECT" | "REVIEW";

export interface Confirmation {
  label: Label;
  defects: { defect: string; region: Region; view: string }[];
  by: string;
  at: string;
}

/** What became of the part at the gate. */
export type Disposition = "RELEASED" | "DIVERTED" | "MONITOR_ONLY" | "UNCONFIRMED";

export interface Counts {
  pass: number;
  reject: number;
  review: number;
  notInspected: number;
}

export interface Stats {
  since: string;
  counts: Counts;
  /** Passes among all records; null without records. */
  yield: number | null;
  /** Parts on which each defect was found, most first. */
  defects: { defect: string; parts: number }[];
  causes: { cause: string; parts: number }[];
  latency: {
    /** Over how many of the last parts. */
    parts: number;
    p50Ms: number | null;
    p99Ms: number | null;
    /** The last ones, oldest first. */
    recentMs: number[];
  };
  /** Oldest first, without gaps. */
  hours: { startsAt: string; counts: Counts; yield: number | null }[];
}

export type LineState = "STARTING" | "RUNNING" | "STOPPED" | "FAILED";

/** A share with its exact two-sided 95 % interval. */
export interface Rate {
  hits: number;
  trials: number;
  low: number;
  high: number;
}

export interface Verification {
  at: string;
  isPassed: boolean;
  /** False for a rehearsal on some of the golden set's parts. */
  isWhole: boolean;
  escapes: Rate;
  falseCalls: Rate;
  /** Parts of the repeatability study that passed once and did not another time. */
  flips: Rate;
  kappa: number | null;
  kappaToTruth: number | null;
  /** Demands that were not met, in words. */
  shortfalls: string[];
}

export interface Station {
  station: string;
  state: LineState;
  detail: string;
  recipe: string;
  engine: string;
  precision: string;
  runtime: string;
  isSimulated: boolean;
  isMonitorOnly: boolean;
  /** The recipe had passed its golden set on this engine when the line started. */
  isVerified: boolean;
  /** Its newest verification on this engine, passed or not; null when there is none. */
  verification: Verification | null;
  /** Since the line's thread last gave a sign of life, when the message was made. */
  beatAgeMs: number;
  taktMs: number;
  startedAt: string;
  triggers: number;
  missed: number;
  overrun: number;
  records: number;
  published: number;
  outbox: number;
  alarms: number;
  /** What is wrong with the pictures and will cost parts, in words. */
  pictureAlarms: string[];
  /** What keeps the history from being read; null while nothing does. */
  problem: string | null;
  diskFreeBytes: number;
  diskTotalBytes: number;
}

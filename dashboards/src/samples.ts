/** Plausible messages, for the tests. */

import type { Finding, Row, Score, SecondOpinion, Station, Verdict } from "./wire.js";

export function row(id: number, verdict: Verdict = "PASS"): Row {
  return {
    id,
    trigger: id,
    part: `P${id}`,
    at: "2026-11-22T10:00:00Z",
    verdict,
    recipe: "bracket",
    score: 0.01,
    confidence: null,
    latencyMs: 120,
    cause: verdict === "NOT_INSPECTED" ? "LATE" : null,
    detail: null,
    findings: [],
    picture: `/api/inspections/${id}/picture?pixels=0`,
    views: [],
    isSimulated: true,
  };
}

export function station(changes: Partial<Station> = {}): Station {
  return {
    station: "goshawk/plant1/area1/line1/station1",
    state: "RUNNING",
    detail: "",
    recipe: "bracket 1.0",
    engine: "nano",
    precision: "fp32",
    runtime: "test 1",
    isSimulated: true,
    isMonitorOnly: true,
    isVerified: false,
    verification: null,
    beatAgeMs: 100,
    taktMs: 1_000,
    startedAt: "2026-11-22T10:00:00Z",
    triggers: 10,
    missed: 0,
    overrun: 0,
    records: 10,
    published: 10,
    outbox: 0,
    alarms: 0,
    pictureAlarms: [],
    problem: null,
    diskFreeBytes: 1e11,
    diskTotalBytes: 2e11,
    ...changes,
  };
}

/** An answer that names these. */
export function rejection(defects: readonly string[]): string {
  return JSON.stringify({ verdict: "REJECT", findings: defects.map((defect) => ({ defect, box: [0, 0, 1, 1] })) });
}

export function finding(prompt: string, defect: string): Finding {
  const answer = rejection([defect]);
  return { prompt, defect, score: 0.9, region: [1, 2, 30, 40], answer, isSecond: false, view: "" };
}

export function score(prompt: string, region: string, value: number, doubt = 0): Score {
  return {
    prompt,
    question: "?",
    defects: ["x"],
    region,
    severity: "MAJOR",
    score: value,
    doubt,
    confidence: null,
    reviewAt: 0.2,
    rejectAt: 0.5,
  };
}

/** What another model said, that comes to this verdict, where the line's own came to that one. */
export function opinion(verdict: Verdict | null, ownVerdict: Verdict): SecondOpinion {
  const state = verdict === null ? "LATE" : "ANSWERED";
  return { model: "other", state, detail: "", ms: 300, verdict, ownVerdict, scores: [], findings: [] };
}

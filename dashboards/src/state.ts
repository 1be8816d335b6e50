/** All that the page knows, and how each message changes it. No browser in here: every rule has a test. */

import type { Row, Station, Stats } from "./wire.js";

export type Connection = "connecting" | "live" | "lost";

export interface State {
  connection: Connection;
  /** Milliseconds of the page's clock at the last message from the appliance; null before the first. */
  heardAtMs: number | null;
  station: Station | null;
  stats: Stats | null;
  /** Newest first. */
  rows: readonly Row[];
  /** The last rejects, reviews and parts not inspected, newest first. */
  exceptions: readonly Row[];
  /** What the stream brought since it was opened. */
  arrived: readonly Row[];
  /** The part that the operator keeps on the screen; null while the page follows the line. */
  held: Row | null;
}

export type Message =
  | { kind: "opened"; atMs: number }
  | { kind: "lost" }
  | { kind: "station"; station: Station; atMs: number }
  | { kind: "stats"; stats: Stats }
  | { kind: "rows"; rows: readonly Row[] }
  | { kind: "exceptions"; rows: readonly Row[] }
  | { kind: "inspected"; row: Row; atMs: number }
  | { kind: "hold" }
  | { kind: "follow" };

export const start: State = {
  connection: "connecting",
  heardAtMs: null,
  station: null,
  stats: null,
  rows: [],
  exceptions: [],
  arrived: [],
  held: null,
};

const keptRows = 60;
const keptExceptions = 24;

/** Silence after which the connection counts as lost, though the socket may still be open. */
export const silenceMs = 7_000;

/** Age of the line's heartbeat from which a running line is in doubt. */
export const heartbeatDoubtMs = 5_000;

export function reduce(state: State, message: Message): State {
  switch (message.kind) {
    case "opened":
      return { ...state, connection: "live", heardAtMs: message.atMs, arrived: [] };
    case "lost":
      return { ...state, connection: state.heardAtMs === null ? "connecting" : "lost" };
    case "station":
      return { ...state, connection: "live", heardAtMs: message.atMs, station: message.station };
    case "stats":
      return { ...state, stats: message.stats };
    // What was asked for replaces what was there: the appliance may have come back with another history, whose record 7
    // is another part. What the stream brought meanwhile is of this history, and newer than the answer.
    case "rows": {
      const rows = merge(message.rows, state.arrived, keptRows);
      const isOfAnother = state.held !== null && state.held.id > (rows[0]?.id ?? 0);
      return { ...state, rows, held: isOfAnother ? null : state.held };
    }
    case "exceptions":
      return {
        ...state,
        exceptions: merge(message.rows.filter(isException), state.arrived.filter(isException), keptExceptions),
      };
    case "inspected":
      return {
        ...state,
        connection: "live",
        heardAtMs: message.atMs,
        arrived: merge(state.arrived, [message.row], keptRows),
        rows: merge(state.rows, [message.row], keptRows),
        exceptions: isException(message.row)
          ? merge(state.exceptions, [message.row], keptExceptions)
          : state.exceptions,
      };
    case "hold":
      return { ...state, held: state.held ?? state.rows[0] ?? null };
    case "follow":
      return { ...state, held: null };
  }
}

/** What asks for the operator's eye: everything that is not a pass. */
export function isException(row: Row): boolean {
  return row.verdict !== "PASS";
}

/** The part in the large picture. */
export function current(state: State): Row | null {
  return state.held ?? state.rows[0] ?? null;
}

/** Parts that came while one was held. */
export function newerThanHeld(state: State): number {
  const held = state.held;
  return held === null ? 0 : state.rows.filter((row) => row.id > held.id).length;
}

/** True when nothing on the screen may be taken for now. */
export function isStale(state: State): boolean {
  return state.connection !== "live" || (state.station !== null && state.station.problem !== null);
}

/** Milliseconds since the last message, on the page's clock. */
export function heardAgeMs(state: State, nowMs: number): number | null {
  return state.heardAtMs === null ? null : Math.max(0, nowMs - state.heardAtMs);
}

/** Age of the line's heartbeat now: what the last message said, and the time since. */
export function heartbeatAgeMs(state: State, nowMs: number): number | null {
  const heard = heardAgeMs(state, nowMs);
  return state.station === null || heard === null ? null : state.station.beatAgeMs + heard;
}

/** A line that says it runs but shows no life. */
export function isSilent(state: State, nowMs: number): boolean {
  const age = heartbeatAgeMs(state, nowMs);
  return state.connection === "live" && state.station?.state === "RUNNING" && age !== null && age > heartbeatDoubtMs;
}

/** Newest first, each record once: rows come by request and by stream, in any order and more than once. */
function merge(old: readonly Row[], more: readonly Row[], keep: number): readonly Row[] {
  const byId = new Map(old.map((row) => [row.id, row]));
  for (const row of more) byId.set(row.id, row);
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, keep);
}

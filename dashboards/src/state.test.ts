import { describe, expect, it } from "vitest";
import {
  current,
  heartbeatAgeMs,
  isSilent,
  isStale,
  newerThanHeld,
  reduce,
  start,
  type Message,
  type State,
} from "./state.js";
import { row, station } from "./samples.js";

function after(...messages: Message[]): State {
  return messages.reduce(reduce, start);
}

describe("rows", () => {
  it("are newest first and each there once, however they come", () => {
    const state = after(
      { kind: "inspected", row: row(5), atMs: 0 },
      { kind: "rows", rows: [row(4), row(3)] },
      { kind: "inspected", row: row(4), atMs: 0 },
      { kind: "inspected", row: row(6), atMs: 0 },
    );
    expect(state.rows.map((one) => one.id)).toEqual([6, 5, 4, 3]);
  });
  it("of another history do not mix with those before the connection was lost", () => {
    const state = after(
      { kind: "rows", rows: [row(900), row(899)] },
      { kind: "lost" },
      { kind: "opened", atMs: 1 },
      { kind: "inspected", row: row(3), atMs: 2 },
      { kind: "rows", rows: [row(2), row(1)] },
    );
    expect(state.rows.map((one) => one.id)).toEqual([3, 2, 1]);
  });
  it("do not pile up over a shift", () => {
    let state = start;
    for (let id = 1; id <= 1_000; id++) state = reduce(state, { kind: "inspected", row: row(id, "REJECT"), atMs: id });
    expect(state.rows.length).toBeLessThanOrEqual(100);
    expect(state.exceptions.length).toBeLessThanOrEqual(100);
    expect(state.rows[0]?.id).toBe(1_000);
  });
  it("of passes never reach the film strip", () => {
    const state = after(
      { kind: "inspected", row: row(1, "PASS"), atMs: 0 },
      { kind: "inspected", row: row(2, "NOT_INSPECTED"), atMs: 0 },
      { kind: "exceptions", rows: [row(3, "PASS"), row(4, "REVIEW")] },
    );
    expect(state.exceptions.map((one) => one.id)).toEqual([4, 2]);
  });
});

describe("holding a part", () => {
  const held = after(
    { kind: "inspected", row: row(1, "REJECT"), atMs: 0 },
    { kind: "hold" },
    { kind: "inspected", row: row(2), atMs: 0 },
    { kind: "inspected", row: row(3), atMs: 0 },
  );
  it("keeps it while others come, and counts them", () => {
    expect(current(held)?.id).toBe(1);
    expect(newerThanHeld(held)).toBe(2);
  });
  it("is not moved by holding again", () => expect(current(reduce(held, { kind: "hold" }))?.id).toBe(1));
  it("ends at the newest part", () => expect(current(reduce(held, { kind: "follow" }))?.id).toBe(3));
  it("ends with the history that the part was of", () => {
    expect(reduce(held, { kind: "rows", rows: [row(4)] }).held?.id).toBe(1);
    expect(
      after({ kind: "rows", rows: [row(900)] }, { kind: "hold" }, { kind: "rows", rows: [row(2)] }).held,
    ).toBeNull();
  });
  it("of nothing holds nothing", () => expect(after({ kind: "hold" }).held).toBeNull());
});

describe("what is old", () => {
  const live = after({ kind: "station", station: station({ beatAgeMs: 200 }), atMs: 10_000 });
  it("is never shown as live once the connection is lost", () => {
    expect(isStale(live)).toBe(false);
    expect(isStale(reduce(live, { kind: "lost" }))).toBe(true);
  });
  it("is not shown as live either while the appliance cannot read its history", () => {
    expect(isStale(reduce(live, { kind: "station", station: station({ problem: "damaged" }), atMs: 11_000 }))).toBe(true);
  });
  it("is live again with the next word from the appliance", () => {
    const back = reduce(reduce(live, { kind: "lost" }), { kind: "inspected", row: row(9), atMs: 20_000 });
    expect(isStale(back)).toBe(false);
  });
  it("was never there before the first connection", () => {
    expect(reduce(start, { kind: "lost" }).connection).toBe("connecting");
    expect(isStale(start)).toBe(true);
  });
  it("grows older between two messages", () => {
    expect(heartbeatAgeMs(live, 11_500)).toBe(1_700);
    expect(heartbeatAgeMs(start, 11_500)).toBeNull();
  });
});

describe("a silent line", () => {
  const dead = after({ kind: "station", station: station({ beatAgeMs: 6_000 }), atMs: 0 });
  it("is called out though the appliance answers", () => expect(isSilent(dead, 0)).toBe(true));
  it("is not silent when it says that it is stopped", () => {
    const stopped = after({ kind: "station", station: station({ beatAgeMs: 6_000, state: "STOPPED" }), atMs: 0 });
    expect(isSilent(stopped, 0)).toBe(false);
  });
  it("is the connection's matter when that is lost", () => {
    expect(isSilent(reduce(dead, { kind: "lost" }), 0)).toBe(false);
  });
});

import { expect, it } from "vitest";
import { ledger } from "./ledger.js";
import { station } from "./samples.js";

it("is even when triggers, records and messages agree", () => {
  expect(ledger(station())).toMatchObject({ recorded: true, published: true, bad: false });
});

it("takes one open trigger of a running line for the part in hand", () => {
  expect(ledger(station({ triggers: 11 }))).toMatchObject({ recorded: false, bad: false });
});

it("takes an open trigger of a stopped line for a loss", () => {
  expect(ledger(station({ triggers: 11, state: "STOPPED" })).bad).toBe(true);
});

it("takes many open triggers for a loss at any time", () => {
  expect(ledger(station({ triggers: 30 })).bad).toBe(true);
});

it("finds records that nobody triggered", () => {
  expect(ledger(station({ triggers: 9 })).bad).toBe(true);
});

it("waits for the broker without alarm", () => {
  expect(ledger(station({ published: 4, outbox: 6 }))).toMatchObject({ published: false, bad: false });
});

it("names the parts that could not be recorded", () => {
  const books = ledger(station({ triggers: 12, alarms: 2 }));
  expect(books).toMatchObject({ recorded: false, bad: true });
  expect(books.text).toContain("2");
});

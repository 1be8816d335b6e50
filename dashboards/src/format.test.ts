import { describe, expect, it } from "vitest";
import {
  age,
  bytes,
  causeName,
  clock,
  count,
  defectName,
  duration,
  hour,
  percent,
  score,
  shortHash,
} from "./format.js";

describe("percent", () => {
  it("never rounds a single reject away", () => {
    expect(percent(0.99999)).toBe("99.9 %");
    expect(percent(0.00001)).toBe("0.1 %");
  });
  it("says all and none only where it is so", () => {
    expect(percent(1)).toBe("100 %");
    expect(percent(0)).toBe("0 %");
  });
  it("shows a dash where there is nothing to divide by", () => {
    expect(percent(null)).toBe("–");
    expect(percent(undefined)).toBe("–");
    expect(percent(Number.NaN)).toBe("–");
  });
});

describe("duration", () => {
  it.each([
    [0, "0.0 ms"],
    [9.94, "9.9 ms"],
    [9.96, "10 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [1_250, "1.25 s"],
    [12_340, "12.3 s"],
  ])("%d ms reads %s", (ms, text) => expect(duration(ms)).toBe(text));
});

describe("age", () => {
  it.each([
    [0, "0.0 s"],
    [400, "0.4 s"],
    [12_300, "12 s"],
    [59_600, "1 min"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [60 * 3_600_000, "2 d"],
  ])("%d ms is %s", (ms, text) => expect(age(ms)).toBe(text));
  it("is never negative, whatever the clocks say", () => expect(age(-5)).toBe("0.0 s"));
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1024 * 1024 * 1023.9, "1.0 GiB"],
    [123 * 1024 ** 3, "123 GiB"],
  ])("%d is %s", (n, text) => expect(bytes(n)).toBe(text));
});

describe("names", () => {
  it("knows the shipped defects and makes the others readable", () => {
    expect(defectName("missing_bolt")).toBe("Missing bolt");
    expect(defectName("bent_fin")).toBe("Bent fin");
    expect(defectName("")).toBe("–");
  });
  it("knows every cause that the appliance writes today, and survives tomorrow's", () => {
    expect(causeName("POSE")).toBe("Pose not found");
    expect(causeName("LENS_DIRTY")).toBe("Lens dirty");
  });
});

it("groups thousands and shows a dash for the unknown", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect(count(undefined)).toBe("–");
});

it("shows no broken time", () => {
  expect(clock("nonsense")).toBe("–");
  expect(hour("nonsense")).toBe("–");
  expect(clock("2026-11-22T10:00:05Z")).toMatch(/^\d\d:\d\d:05$/);
});

it("does not round a score to certainty", () => {
  expect(score(0.9996)).toBe("> 0.999");
  expect(score(0.0002)).toBe("< 0.001");
  expect(score(0.5)).toBe("0.500");
  expect(score(1)).toBe("1.000");
});

it("shortens hashes", () => {
  expect(shortHash("0123456789abcdef")).toBe("0123456789ab");
  expect(shortHash(null)).toBe("–");
});

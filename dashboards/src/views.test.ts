import { describe, expect, it } from "vitest";
import { finding, row } from "./samples.js";
import { looking, seen, telling } from "./views.js";
import type { Row } from "./wire.js";

function twoViews(): Row {
  return {
    ...row(7, "REJECT"),
    findings: [{ ...finding("dent", "dent"), view: "dark" }],
    views: [
      { view: "bright", picture: "/b", pixelsSha256: "1" },
      { view: "dark", picture: "/d", pixelsSha256: "2" },
    ],
  };
}

describe("views", () => {
  it("gives a station with one view its one picture, with everything that was found", () => {
    const one = { ...row(1, "REJECT"), findings: [finding("p", "dent")] };
    expect(seen(one)).toEqual([
      { view: "", picture: one.picture, pixelsSha256: null, findings: one.findings },
    ]);
    expect(seen({ ...one, picture: null })).toEqual([]);
    expect(telling({ ...one, picture: null })).toBeNull();
  });

  it("puts each finding on its own view's picture alone", () => {
    const [bright, dark] = seen(twoViews());
    expect(bright?.findings).toEqual([]);
    expect(dark?.findings).toHaveLength(1);
  });

  it("shows the view that tells something first, and the one that was asked for where it was kept", () => {
    expect(telling(twoViews())?.view).toBe("dark");
    expect(telling({ ...twoViews(), findings: [] })?.view).toBe("bright");
    expect(looking(twoViews(), "bright")?.picture).toBe("/b");
    expect(looking(twoViews(), "cross")?.view).toBe("dark");
    expect(looking(twoViews(), null)?.view).toBe("dark");
  });
});

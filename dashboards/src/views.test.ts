import { describe, expect, it } from "vitest";
import { finding, row } from "./samples.js";
import { isPartial, looking, seen, telling } from "./views.js";
import type { Row } from "./wire.js";

function twoViews(): Row {
  return {
    ...row(7, "REJECT"),
    findings: [{ ...finding("dent", "dent"), view: "dark" }],
    views: [
      { view: "bright", picture: "/b", pixelsSha256: "1", fault: null },
      { view: "dark", picture: "/d", pixelsSha256: "2", fault: null },
    ],
  };
}

describe("views", () => {
  it("gives a station with one view its one picture, with everything that was found", () => {
    const one = { ...row(1, "REJECT"), findings: [finding("p", "dent")] };
    expect(seen(one)).toEqual([
      { view: "", picture: one.picture, pixelsSha256: null, fault: null, findings: one.findings },
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

  it("keeps the place of a view that did not come, and shows one that did where there is room for one", () => {
    const part = twoViews();
    part.verdict = "NOT_INSPECTED";
    part.findings = [];
    part.views[0] = { view: "bright", picture: null, pixelsSha256: null, fault: "unplugged" };
    expect(seen(part).map((one) => one.view)).toEqual(["bright", "dark"]);
    expect(telling(part)?.view).toBe("dark");
    expect(looking(part, "bright")?.fault).toBe("unplugged");
    const none = { ...part, picture: null, views: part.views.slice(0, 1) };
    expect(telling(none)?.picture).toBeNull();
    expect(isPartial(part)).toBe(false);
    part.views[1] = { view: "dark", picture: "/d", pixelsSha256: "2", fault: "torn" };
    expect(isPartial(part)).toBe(true);
    expect(isPartial({ ...row(1), cause: "PARTIAL" })).toBe(true);
  });
});

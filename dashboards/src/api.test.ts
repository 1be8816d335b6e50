import { expect, it } from "vitest";
import { inspectionsUrl } from "./api.js";

it("asks for a page by id and for several verdicts", () => {
  expect(inspectionsUrl({ limit: 20, before: 41, verdicts: ["REJECT", "REVIEW"] })).toBe(
    "/api/inspections?limit=20&before=41&verdict=REJECT&verdict=REVIEW",
  );
});

it("leaves out what is not asked", () => {
  expect(inspectionsUrl({ limit: 50, before: null })).toBe("/api/inspections?limit=50");
});

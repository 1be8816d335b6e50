import { expect, it } from "vitest";
import { explained } from "./explain.js";
import { finding, score } from "./samples.js";

it("gives every explained score its own finding, prompt by prompt", () => {
  const scores = [
    score("screw", "top left", 0.01),
    score("screw", "top right", 0.8),
    score("scratch", "plate", 0.05, 0.3),
    score("screw", "bottom left", 0.9),
  ];
  const right = finding("screw", "missing_screw");
  const left = finding("screw", "missing_screw");
  const scratch = finding("scratch", "scratch");
  const found = explained(scores, [right, scratch, left]);
  expect(found[0]).toBeUndefined();
  expect(found[1]).toBe(right);
  expect(found[2]).toBe(scratch);
  expect(found[3]).toBe(left);
});

it("leaves a score without its finding when the record has none", () => {
  expect(explained([score("scratch", "plate", 0.9)], [])).toEqual([undefined]);
});

import { expect, it } from "vitest";
import { conclusion, counterpart, explained, saying, thoughtOf } from "./explain.js";
import { finding, opinion, rejection, score } from "./samples.js";
import type { Thought } from "./wire.js";

it("gives every explained score its own findings, prompt by prompt", () => {
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
  expect(found[0]).toEqual([]);
  expect(found[1]).toHaveLength(1);
  expect(found[1]![0]).toBe(right);
  expect(found[2]![0]).toBe(scratch);
  expect(found[3]).toHaveLength(1);
  expect(found[3]![0]).toBe(left);
});

it("leaves a score without its finding when the record has none", () => {
  expect(explained([score("scratch", "plate", 0.9)], [])).toEqual([[]]);
});

it("gives a score as many findings as its answer names", () => {
  const scores = [score("board", "left", 0.9), score("board", "right", 0.8), score("board", "middle", 0.1, 0.5)];
  const answer = rejection(["open", "short"]);
  const open = { ...finding("board", "open"), answer };
  const short = { ...finding("board", "short"), answer };
  const spur = finding("board", "spur");
  const doubt = { ...finding("board", "board"), answer: '{"verdict":"REVIEW"}' };
  const earlier = { ...finding("board", "spur"), answer: '{"verdict":"REJECT","defect":"spur","box":[0,0,1,1]}' };
  expect(explained(scores, [open, short, spur, doubt])).toEqual([[open, short], [spur], [doubt]]);
  expect(explained(scores, [earlier, spur, doubt])).toEqual([[earlier], [spur], [doubt]]);
});

it("finds what was thought before a score", () => {
  const thought: Thought = { prompt: "screw", region: "left", text: "I see it.", tokens: 5, ended: "BY_ITSELF" };
  expect(thoughtOf(score("screw", "left", 0.1), [thought])).toBe(thought);
  expect(thoughtOf(score("screw", "right", 0.1), [thought])).toBeUndefined();
});

it("says what a score says, doubt included", () => {
  expect(saying(score("screw", "left", 0.5))).toBe("REJECT");
  expect(saying(score("screw", "left", 0.1, 0.1))).toBe("REVIEW");
  expect(saying(score("screw", "left", 0.1, 0.05))).toBe("PASS");
});

it("finds the same question about the same region among another model's", () => {
  const right = score("screw", "right", 0.9);
  expect(counterpart(score("screw", "right", 0.1), [score("screw", "left", 0.2), right])).toBe(right);
  expect(counterpart(score("crack", "right", 0.1), [right])).toBeUndefined();
});

it("says whether another model agrees, and what came of it", () => {
  expect(conclusion(opinion("PASS", "PASS"), "PASS")).toBe("Agrees");
  expect(conclusion(opinion("REJECT", "PASS"), "REVIEW")).toBe("Says Reject: Pass became Review");
  expect(conclusion(opinion("REJECT", "REVIEW"), "REJECT")).toBe("Says Reject: Review became Reject");
  expect(conclusion(opinion("PASS", "REJECT"), "REJECT")).toBe("Says Pass; the verdict stays Reject");
  expect(conclusion(opinion(null, "PASS"), "PASS")).toBe("No answer in time; the verdict is this line's own");
});

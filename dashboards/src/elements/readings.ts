import { css, html, nothing } from "lit";
import { score } from "../format.js";
import type { Reading, Verdict } from "../wire.js";
import { words } from "../words.js";
import { verdictShape } from "./shapes.js";

export const readingStyles = css`
  .reading bdi {
    font-family: ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono", "Noto Sans CJK SC", "Noto Sans Thai",
      "Noto Sans Arabic", sans-serif;
    font-size: 18px;
    font-weight: 600;
    unicode-bidi: isolate;
    overflow-wrap: anywhere;
  }
  .reading .expected {
    font-size: 13px;
    font-weight: 400;
  }
`;

/** What was read of each code, beside what was expected. Texts of any script, each in its own direction. */
export function readings(all: readonly Reading[]) {
  if (all.length === 0) return nothing;
  return html`<h3>${words.codes}</h3>
    ${all.map(reading)}`;
}

function reading(one: Reading) {
  const verdict: Verdict = one.outcome === "MATCH" ? "PASS" : "REVIEW";
  return html`<div class="prompt reading ${verdict === "PASS" ? "" : "doubts"}">
    <div class="question">
      <strong>${one.text === null ? words.readings.UNREADABLE : html`<bdi dir="auto">${one.text}</bdi>`}</strong>
      <span class="verdict ${verdict}" title=${words.readingHint}
        >${verdictShape(verdict)}<span class="figure">${score(one.score)}</span></span
      >
    </div>
    <div class="meta">
      ${one.question}${one.text === null ? nothing : html` · ${words.readings[one.outcome]}`}
      ${
        one.expected === ""
          ? nothing
          : html`· ${words.expected} <bdi class="expected" dir="auto">${one.expected}</bdi>`
      }
    </div>
  </div>`;
}

/** The shapes that stand beside every colour: a verdict is told without seeing red or amber. */

import { svg, type SVGTemplateResult } from "lit";
import type { LineState, Verdict } from "../wire.js";

/** On a 24 × 24 grid, in the current colour; the cut-out shows what is beneath. */
export function verdictShape(verdict: Verdict): SVGTemplateResult {
  switch (verdict) {
    case "PASS":
      return frame(svg`<circle cx="12" cy="12" r="9.5" fill="none" stroke="currentColor" stroke-width="2"/>
        <path d="M7.5 12.5l3 3 6-6.5" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`);
    case "REJECT":
      return frame(svg`<path fill-rule="evenodd" fill="currentColor" d="M8 2h8l6 6v8l-6 6H8l-6-6V8z
        M8.2 6.8 6.8 8.2 10.6 12l-3.8 3.8 1.4 1.4L12 13.4l3.8 3.8 1.4-1.4L13.4 12l3.8-3.8-1.4-1.4L12 10.6z"/>`);
    case "REVIEW":
      return frame(svg`<path fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" d="M12 1.8 22.2 12 12 22.2 1.8 12z"/>
        <path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" d="M9.6 9.9a2.450 2.450 0 1 1 3.7 2.1c-.8.5-1.250.95-1.250 1.9"/>
        <circle cx="12.050" cy="16.7" r="1.250" fill="currentColor"/>`);
    case "NOT_INSPECTED":
      return frame(svg`<rect x="3" y="3" width="18" height="18" rx="2" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="4.5 2.5"/>
        <path d="M7 17 17 7" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>`);
  }
}

export function stateShape(state: LineState | "LOST" | "SILENT"): SVGTemplateResult {
  switch (state) {
    case "RUNNING":
      return frame(svg`<path fill="currentColor" d="M6 3.5v17l14.5-8.5z"/>`);
    case "STARTING":
      return frame(
        svg`<circle cx="5" cy="12" r="2.4" fill="currentColor"/><circle cx="12" cy="12" r="2.4" fill="currentColor"/><circle cx="19" cy="12" r="2.4" fill="currentColor"/>`,
      );
    case "STOPPED":
      return frame(svg`<rect x="4.5" y="4.5" width="15" height="15" rx="1.5" fill="currentColor"/>`);
    case "FAILED":
    case "LOST":
    case "SILENT":
      return frame(
        svg`<path fill-rule="evenodd" fill="currentColor" d="M12 2 23 21.5H1zm-1.2 6.5.3 7h1.8l.3-7zm1.2 8.3a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z"/>`,
      );
  }
}

function frame(content: SVGTemplateResult): SVGTemplateResult {
  return svg`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">${content}</svg>`;
}

/** What every element of the page wears. */

import { css, html, nothing, type TemplateResult } from "lit";
import { words } from "../words.js";
import type { Verdict } from "../wire.js";
import { verdictShape } from "./shapes.js";

export const shared = css`
  :host {
    display: block;
    min-width: 0;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  .panel {
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: 8px;
    padding: 12px 14px;
    height: 100%;
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 10px;
    min-height: 24px;
    margin-bottom: 8px;
  }
  h2 {
    margin: 0;
    font-size: 13px;
    font-weight: 600;
    letter-spacing: 0.02em;
    color: var(--soft);
    white-space: nowrap;
  }
  .soft {
    color: var(--soft);
  }
  .small {
    font-size: 13px;
  }
  .empty {
    flex: 1;
    display: grid;
    place-items: center;
    color: var(--soft);
    text-align: center;
    padding: 8px;
  }
  button {
    font: inherit;
    color: var(--text);
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 6px;
    min-height: 44px;
    min-width: 44px;
    padding: 0 14px;
    cursor: pointer;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
  }
  button:hover {
    border-color: var(--soft);
  }
  button:disabled {
    color: var(--faint);
    cursor: default;
    border-color: var(--line);
  }
  button[aria-pressed="true"] {
    background: var(--text);
    color: var(--ground);
    border-color: var(--text);
  }
  button:focus-visible,
  a:focus-visible,
  [tabindex]:focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: 1px;
  }
  svg {
    display: block;
  }
  .verdict {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    font-weight: 600;
    white-space: nowrap;
  }
  .verdict > svg {
    width: 18px;
    height: 18px;
    flex: none;
  }
  .PASS {
    color: var(--pass);
  }
  .verdict.PASS {
    font-weight: 400;
  }
  .REJECT {
    color: var(--reject);
  }
  .REVIEW {
    color: var(--review);
  }
  .NOT_INSPECTED {
    color: var(--missing);
  }
  @media (prefers-reduced-motion: no-preference) {
    button {
      transition: border-color 120ms;
    }
  }
`;

/** A verdict as shape and word. */
export function verdictLabel(verdict: Verdict): TemplateResult {
  return html`<span class="verdict ${verdict}">${verdictShape(verdict)}${words.verdict[verdict]}</span>`;
}

/** Buttons of which one is pressed. */
export function choice<T extends string | number>(
  options: readonly { value: T; text: string; hint?: string }[],
  chosen: T,
  choose: (value: T) => void,
): TemplateResult {
  return html`<div class="choice" role="group">
    ${options.map(
      (option) =>
        html`<button
          type="button"
          aria-pressed=${option.value === chosen}
          title=${option.hint ?? nothing}
          @click=${() => choose(option.value)}
        >
          ${option.text}
        </button>`,
    )}
  </div>`;
}

export const choiceStyle = css`
  .choice {
    display: inline-flex;
    flex-wrap: wrap;
  }
  .choice button {
    border-radius: 0;
    margin-left: -1px;
    padding: 0 12px;
    min-height: 40px;
  }
  .choice button:first-child {
    border-radius: 6px 0 0 6px;
  }
  .choice button:last-child {
    border-radius: 0 6px 6px 0;
  }
`;

import { LitElement, css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { count, percent } from "../format.js";
import type { Counts, Stats, Verdict } from "../wire.js";
import { words } from "../words.js";
import { emit } from "./events.js";
import { verdictShape } from "./shapes.js";
import { choice, choiceStyle, shared } from "./shared.js";

/** Parts by verdict, and the yield. */
@customElement("goshawk-counters")
export class Counters extends LitElement {
  static override styles = [
    shared,
    choiceStyle,
    css`
      .grid {
        display: grid;
        grid-template-columns: 1fr 1fr 1fr 1.2fr;
        gap: 4px 10px;
        flex: 1;
        align-content: space-evenly;
      }
      .large {
        grid-column: span 2;
      }
      .tile {
        min-width: 0;
      }
      .label {
        display: flex;
        align-items: center;
        gap: 6px;
        color: var(--soft);
        font-size: 13px;
        white-space: nowrap;
      }
      .label svg {
        width: 15px;
        height: 15px;
        flex: none;
      }
      .figure {
        font-size: 26px;
        font-weight: 600;
        line-height: 1.15;
      }
      .large .figure {
        font-size: 42px;
      }
      .quiet .figure,
      .quiet .label svg {
        color: var(--soft);
        font-weight: 400;
      }
    `,
  ];

  @property({ attribute: false }) stats: Stats | null = null;
  @property({ type: Number }) hours = 8;

  override render() {
    const counts = this.stats?.counts;
    return html`<section class="panel">
      <div class="head">
        <h2>${words.counters}</h2>
        ${choice(
          ([1, 8, 24] as const).map((hours) => ({
            value: hours,
            text: words.window[hours],
            hint: words.windowHint(words.window[hours]),
          })),
          this.hours as 1 | 8 | 24,
          (hours) => emit(this, "window-choose", hours),
        )}
      </div>
      <div class="grid">
        <div class="tile large">
          <div class="label">${words.parts}</div>
          <div class="figure">${count(counts && total(counts))}</div>
        </div>
        <div class="tile large">
          <div class="label">${words.yield}</div>
          <div class="figure">${percent(this.stats?.yield)}</div>
        </div>
        ${this.tile("PASS", counts?.pass)} ${this.tile("REJECT", counts?.reject)} ${this.tile("REVIEW", counts?.review)}
        ${this.tile("NOT_INSPECTED", counts?.notInspected)}
      </div>
    </section>`;
  }

  private tile(verdict: Verdict, parts: number | undefined) {
    const quiet = verdict === "PASS" || !parts;
    return html`<div class="tile ${quiet ? "quiet" : ""}">
      <div class="label"><span class=${verdict}>${verdictShape(verdict)}</span>${words.verdict[verdict]}</div>
      <div class="figure">${count(parts)}</div>
    </div>`;
  }
}

export function total(counts: Counts): number {
  return counts.pass + counts.reject + counts.review + counts.notInspected;
}

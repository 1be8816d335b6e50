import { LitElement, css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { causeName, clock, defectName } from "../format.js";
import type { Row } from "../wire.js";
import { telling } from "../views.js";
import { words } from "../words.js";
import { emit } from "./events.js";
import "./picture.js";
import { verdictShape } from "./shapes.js";
import { shared } from "./shared.js";

/** The last parts that were no pass, newest first. */
@customElement("goshawk-strip")
export class Strip extends LitElement {
  static override styles = [
    shared,
    css`
      .film {
        display: flex;
        gap: 10px;
        overflow-x: auto;
        padding: 3px;
        margin: -3px;
        flex: 1;
        min-height: 146px;
        scrollbar-width: thin;
        scrollbar-color: var(--line) transparent;
      }
      .shot {
        position: relative;
        flex: none;
        width: 148px;
        padding: 0;
        display: flex;
        flex-direction: column;
        align-items: stretch;
        justify-content: flex-start;
        gap: 0;
        overflow: hidden;
        text-align: left;
        min-height: 146px;
      }
      .shot goshawk-picture,
      .shot .lost {
        height: 108px;
        flex: none;
        border-radius: 0;
      }
      .shot .lost {
        display: grid;
        place-items: center;
        background: var(--ground);
        color: var(--soft);
      }
      .lost svg {
        width: 34px;
        height: 34px;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 4px 8px 0;
        line-height: 1.3;
      }
      .line svg {
        width: 16px;
        height: 16px;
        flex: none;
      }
      .line strong {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-weight: 600;
        color: var(--text);
        font-size: 14px;
      }
      .when {
        position: absolute;
        top: 4px;
        left: 4px;
        padding: 0 5px;
        border-radius: 3px;
        background: rgb(12 14 16 / 80%);
        color: #fff;
        font-size: 12px;
      }
      .part {
        padding: 0 8px 5px;
        font-size: 12.5px;
        color: var(--soft);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly Row[] = [];

  override render() {
    return html`<section class="panel">
      <div class="head"><h2>${words.strip}</h2></div>
      ${
        this.rows.length === 0
          ? html`<div class="empty">${words.stripEmpty}</div>`
          : html`<div class="film">${repeat(this.rows, (row) => row.id, shot)}</div>`
      }
    </section>`;
  }
}

function shot(row: Row) {
  const why = reason(row);
  const shown = telling(row);
  return html`<button
    type="button"
    class="shot"
    title="${words.verdict[row.verdict]}: ${why} · ${row.part}"
    @click=${(event: Event) => emit(event.currentTarget ?? window, "inspection-open", row.id)}
  >
    ${
      shown !== null && shown.picture !== null
        ? html`<goshawk-picture
            .src=${shown.picture}
            .findings=${shown.findings}
            .verdict=${row.verdict}
            .labels=${false}
          ></goshawk-picture>`
        : html`<span class="lost ${row.verdict}">${verdictShape(row.verdict)}</span>`
    }
    <span class="line ${row.verdict}">${verdictShape(row.verdict)}<strong>${why}</strong></span>
    <span class="part">${row.part}</span>
    <span class="when">${clock(row.at)}</span>
  </button>`;
}

/** Why a part was no pass, in a few words; empty for a pass. */
export function reason(row: Row): string {
  if (row.verdict === "NOT_INSPECTED") return row.cause === null ? words.verdict.NOT_INSPECTED : causeName(row.cause);
  const worst = [...row.findings].sort((a, b) => b.score - a.score)[0];
  if (worst === undefined) return row.verdict === "PASS" ? "" : words.verdict[row.verdict];
  const more = row.findings.length - 1;
  const doubt = row.verdict === "REVIEW" ? "?" : "";
  return defectName(worst.defect) + doubt + (more > 0 ? ` ${words.more(more)}` : "");
}

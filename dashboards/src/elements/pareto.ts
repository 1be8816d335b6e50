import { LitElement, css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { styled } from "./styled.js";
import { causeName, count, defectName } from "../format.js";
import type { Stats } from "../wire.js";
import { words } from "../words.js";
import { shared } from "./shared.js";

const shownDefects = 8;
const shownCauses = 4;

/** Which defects were found most, and why parts were not inspected. */
@customElement("goshawk-pareto")
export class Pareto extends LitElement {
  static override styles = [
    shared,
    css`
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 2px;
      }
      .rows {
        flex: 1;
        min-height: 0;
        overflow-y: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--line) transparent;
      }
      li {
        display: grid;
        grid-template-columns: minmax(88px, 38%) 1fr 46px;
        gap: 10px;
        align-items: center;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .bar {
        height: 15px;
        background: var(--bar);
        border-radius: 2px;
        min-width: 3px;
      }
      .parts {
        text-align: right;
        font-weight: 600;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        color: var(--soft);
        margin: 8px 0 4px;
      }
    `,
  ];

  @property({ attribute: false }) stats: Stats | null = null;

  override render() {
    const defects = this.stats?.defects ?? [];
    const causes = this.stats?.causes ?? [];
    return html`<section class="panel">
      <div class="head"><h2>${words.defectPareto}</h2></div>
      ${
        defects.length === 0 && causes.length === 0
          ? html`<div class="empty">${words.noDefects}</div>`
          : html`<div class="rows">
              ${bars(defects.slice(0, shownDefects).map(({ defect, parts }) => ({ name: defectName(defect), parts })))}
              ${
                causes.length === 0
                  ? nothing
                  : html`<h3>${words.notInspectedWhy}</h3>
                      ${bars(causes.slice(0, shownCauses).map(({ cause, parts }) => ({ name: causeName(cause), parts })))}`
              }
            </div>`
      }
    </section>`;
  }
}

function bars(rows: { name: string; parts: number }[]) {
  const most = Math.max(1, ...rows.map((row) => row.parts));
  return html`<ol>
    ${rows.map(
      (row) =>
        html`<li>
          <span class="name" title=${row.name}>${row.name}</span>
          <span class="bar" style=${styled({ width: `${(100 * row.parts) / most}%` })}></span>
          <span class="parts">${count(row.parts)}</span>
        </li>`,
    )}
  </ol>`;
}

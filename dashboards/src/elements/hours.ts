import { LitElement, css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { styled } from "./styled.js";
import { count, hour, percent } from "../format.js";
import type { Stats } from "../wire.js";
import { words } from "../words.js";
import { total } from "./counters.js";
import { shared } from "./shared.js";

/** How many columns are readable. */
const shownHours = 12;

/** One column an hour: as tall as its parts, coloured where they were no pass, the yield written above. */
@customElement("goshawk-hours")
export class Hours extends LitElement {
  static override styles = [
    shared,
    css`
      ol {
        flex: 1;
        list-style: none;
        margin: 0;
        padding: 0;
        display: flex;
        gap: 5px;
        min-height: 110px;
      }
      li {
        flex: 1;
        min-width: 0;
        display: flex;
        flex-direction: column;
        align-items: center;
        max-width: 72px;
      }
      .yield {
        font-size: 12px;
        font-weight: 600;
        white-space: nowrap;
        height: 19px;
      }
      .column {
        flex: 1;
        align-self: stretch;
        display: flex;
        flex-direction: column;
        justify-content: flex-end;
        border-bottom: 1px solid var(--faint);
      }
      .segment {
        min-height: 2px;
      }
      .segment.pass {
        background: var(--bar);
      }
      .segment.reject {
        background: var(--reject);
      }
      .segment.review {
        background: repeating-linear-gradient(45deg, var(--review-ground) 0 4px, var(--panel) 4px 6px);
      }
      .segment.missing {
        background: repeating-linear-gradient(-45deg, var(--missing) 0 3px, var(--panel) 3px 6px);
      }
      .at {
        font-size: 12px;
        color: var(--soft);
        padding-top: 3px;
      }
      .legend {
        display: flex;
        gap: 12px;
        font-size: 12px;
        color: var(--soft);
      }
      .legend span {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        white-space: nowrap;
      }
      .legend i {
        width: 11px;
        height: 11px;
        border-radius: 2px;
      }
    `,
  ];

  @property({ attribute: false }) stats: Stats | null = null;

  override render() {
    const hours = (this.stats?.hours ?? []).slice(-shownHours);
    const most = Math.max(1, ...hours.map((one) => total(one.counts)));
    const share = (parts: number) => styled({ height: `${(100 * parts) / most}%` });
    const segment = (kind: string, parts: number) =>
      parts === 0 ? nothing : html`<div class="segment ${kind}" style=${share(parts)}></div>`;
    return html`<section class="panel">
      <div class="head">
        <h2>${words.byHour}</h2>
        <div class="legend">
          <span><i class="segment reject"></i>${words.verdict.REJECT}</span>
          <span><i class="segment review"></i>${words.verdict.REVIEW}</span>
          <span><i class="segment missing"></i>${words.verdict.NOT_INSPECTED}</span>
        </div>
      </div>
      <ol>
        ${hours.map(
          (one) =>
            html`<li title=${words.hourHint(count(total(one.counts)), percent(one.yield))}>
              <div class="yield">${one.yield === null ? nothing : shortPercent(one.yield)}</div>
              <div class="column">
                ${segment("missing", one.counts.notInspected)} ${segment("review", one.counts.review)}
                ${segment("reject", one.counts.reject)} ${segment("pass", one.counts.pass)}
              </div>
              <div class="at">${hour(one.startsAt)}</div>
            </li>`,
        )}
      </ol>
    </section>`;
  }
}

function shortPercent(share: number): string {
  return percent(share).replace(" %", "");
}

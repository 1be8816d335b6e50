import { LitElement, css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { bytes, count } from "../format.js";
import { ledger } from "../ledger.js";
import type { Station } from "../wire.js";
import { words } from "../words.js";
import { shared } from "./shared.js";

/** Triggers = records = messages: the station's books, and what would stop them. */
@customElement("goshawk-ledger")
export class Ledger extends LitElement {
  static override styles = [
    shared,
    css`
      .books {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
      }
      .book .label,
      dt {
        font-size: 13px;
        color: var(--soft);
        white-space: nowrap;
      }
      .book .figure {
        font-size: 22px;
        font-weight: 600;
        line-height: 1.2;
      }
      .sign {
        font-size: 22px;
        color: var(--soft);
      }
      .says {
        margin: 4px 0;
        display: flex;
        gap: 8px;
        align-items: center;
      }
      .says.bad {
        color: var(--reject);
        font-weight: 600;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(4, auto);
        justify-content: space-between;
        gap: 2px 12px;
        margin: auto 0 0;
        padding-top: 8px;
        border-top: 1px solid var(--line);
      }
      dd {
        margin: 0;
        font-weight: 600;
      }
      dd.bad {
        color: var(--reject);
      }
      dd.doubt {
        color: var(--review);
      }
    `,
  ];

  @property({ attribute: false }) station: Station | null = null;

  override render() {
    const station = this.station;
    const books = ledger(station);
    const low = station !== null && station.diskTotalBytes > 0 && station.diskFreeBytes < station.diskTotalBytes / 20;
    return html`<section class="panel">
      <div class="head"><h2>${words.ledger}</h2></div>
      <div class="books">
        ${book(words.triggers, station?.triggers)}
        <span class="sign">${books.recorded ? "=" : "≠"}</span> ${book(words.records, station?.records)}
        <span class="sign">${books.published ? "=" : "≥"}</span>
        ${book(words.published, station?.published)}
      </div>
      <div class="says ${books.bad ? "bad" : "soft"}" role="status">${books.bad ? "▲" : ""} ${books.text}</div>
      <dl>
        <div>
          <dt>${words.outbox}</dt>
          <dd>${count(station?.outbox)}</dd>
        </div>
        <div>
          <dt>${words.missed}</dt>
          <dd class=${station && station.missed > 0 ? "doubt" : ""}>${flagged(station?.missed)}</dd>
        </div>
        <div>
          <dt>${words.overrun}</dt>
          <dd class=${station && station.overrun > 0 ? "doubt" : ""}>${flagged(station?.overrun)}</dd>
        </div>
        <div>
          <dt>${words.disk}</dt>
          <dd class=${low ? "bad" : ""}>${low ? "▲ " : ""}${bytes(station?.diskFreeBytes)}</dd>
        </div>
      </dl>
    </section>`;
  }
}

function book(name: string, n: number | undefined) {
  return html`<div class="book">
    <div class="label">${name}</div>
    <div class="figure">${count(n)}</div>
  </div>`;
}

function flagged(n: number | undefined): string {
  return n ? `▲ ${count(n)}` : count(n);
}

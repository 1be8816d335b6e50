import { LitElement, css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { causeName, clock, defectName, duration, score } from "../format.js";
import { current, isStale, newerThanHeld, type State } from "../state.js";
import type { Row } from "../wire.js";
import { seen, type Seen } from "../views.js";
import { words } from "../words.js";
import { emit } from "./events.js";
import "./picture.js";
import { unseen, unseenStyles, viewName } from "./seen.js";
import { verdictShape } from "./shapes.js";
import { shared } from "./shared.js";

/** The current part: verdict, picture, regions. */
@customElement("goshawk-live")
export class Live extends LitElement {
  static override styles = [
    shared,
    unseenStyles,
    css`
      .panel {
        padding: 0;
        overflow: hidden;
      }
      .banner {
        display: flex;
        align-items: center;
        gap: 18px;
        padding: 10px 18px;
        min-height: 92px;
        background: var(--raised);
        border-bottom: 1px solid var(--line);
      }
      .banner > svg {
        width: 52px;
        height: 52px;
        flex: none;
      }
      .word {
        font-size: 38px;
        line-height: 1.05;
        font-weight: 700;
        letter-spacing: 0.02em;
        white-space: nowrap;
      }
      .PASS .word {
        font-weight: 600;
      }
      .why {
        flex: 1;
        min-width: 0;
        font-size: 17px;
        line-height: 1.3;
      }
      .why div {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .reason {
        flex: 1;
        min-width: 0;
      }
      .reason .word {
        font-size: 28px;
        white-space: normal;
      }
      .reason .why div {
        white-space: normal;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
      .facts {
        text-align: right;
        white-space: nowrap;
        line-height: 1.35;
      }
      @media (max-width: 560px) {
        .banner {
          flex-wrap: wrap;
          gap: 8px 14px;
        }
        .facts {
          flex-basis: 100%;
          text-align: left;
        }
      }
      .facts .part {
        font-weight: 600;
        font-size: 17px;
      }
      .banner.REJECT {
        background: var(--reject-ground);
        border-color: var(--reject-ground);
        color: var(--on);
      }
      .banner.REVIEW {
        background: var(--review-ground);
        border-color: var(--review-ground);
        color: var(--review-on);
      }
      .banner.NOT_INSPECTED {
        background: var(--missing-ground);
        border-color: var(--missing-ground);
        color: var(--on);
      }
      .stale .banner,
      .stale .banner.PASS {
        background: var(--raised);
        border-color: var(--line);
        color: var(--faint);
      }
      .stale goshawk-picture {
        filter: grayscale(1);
        opacity: 0.4;
      }
      goshawk-picture {
        flex: 1;
        min-height: 240px;
        border-radius: 0;
      }
      .views {
        flex: 1;
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(280px, 1fr));
        grid-auto-rows: minmax(0, 1fr);
        gap: 2px;
        min-height: 0;
      }
      @media (max-width: 560px) {
        .views {
          grid-template-columns: repeat(auto-fit, minmax(180px, 1fr));
        }
      }
      .view {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
      }
      .view goshawk-picture {
        min-height: 0;
      }
      .view .name {
        padding: 4px 16px;
        color: var(--soft);
        background: var(--ground);
      }
      .view .name.faulty {
        color: var(--missing);
        font-weight: 600;
      }
      .bottom {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 8px 10px 8px 16px;
        border-top: 1px solid var(--line);
      }
      .bottom .title {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--soft);
      }
      .held {
        color: var(--text);
        font-weight: 600;
      }
      .lost {
        flex: 1;
        display: grid;
        place-content: center;
        gap: 6px;
        text-align: center;
        color: var(--soft);
        min-height: 240px;
        padding: 20px;
        background: var(--ground);
      }
      .lost svg {
        width: 64px;
        height: 64px;
        margin: 0 auto;
      }
    `,
  ];

  @property({ attribute: false }) state!: State;
  @property({ type: Boolean }) overlay = true;

  override render() {
    const row = current(this.state);
    if (row === null) {
      return html`<section class="panel">
        <div class="empty">
          <div>
            <div>${words.waiting}</div>
            <div class="small">${words.waitingHint}</div>
          </div>
        </div>
      </section>`;
    }
    return html`<section class="panel ${isStale(this.state) ? "stale" : ""}">
      <div class="banner ${row.verdict}" role=${row.verdict === "PASS" ? nothing : "status"}>
        ${verdictShape(row.verdict)}
        ${this.said(row)}
        <div class="facts">
          <div class="part">${row.part}</div>
          <div>${clock(row.at)} · ${duration(row.latencyMs)}</div>
        </div>
      </div>
      ${
        seen(row).length > 0
          ? html`<div class="views">${seen(row).map((one) => this.view(row, one))}</div>`
          : html`<div class="lost">${verdictShape(row.verdict)}<span>${words.noPicture}</span></div>`
      }
      ${this.bottom(row)}
    </section>`;
  }

  private view(row: Row, one: Seen) {
    const shown =
      one.picture === null
        ? unseen(one)
        : html`<goshawk-picture
            .src=${one.picture}
            .findings=${one.findings}
            .verdict=${row.verdict}
            .overlay=${this.overlay}
            @click=${() => emit(this, "inspection-open", row.id)}
          ></goshawk-picture>`;
    return html`<div class="view">
      ${shown}
      ${
        one.view === ""
          ? nothing
          : html`<div class="name ${one.fault === null ? "" : "faulty"}" title=${one.fault ?? nothing}>
              ${one.picture === null ? one.view : viewName(one)}
            </div>`
      }
    </div>`;
  }

  /** The verdict, and why: a part that nobody looked at has a whole sentence to say, which needs the room. */
  private said(row: Row) {
    const word = html`<div class="word">${words.verdictBanner[row.verdict]}</div>`;
    if (row.verdict !== "NOT_INSPECTED") {
      return html`${word}<div class="why">${this.found(row)}</div>`;
    }
    return html`<div class="reason">
      ${word}
      <div class="why">
        <div title=${row.detail ?? ""}>
          <strong>${row.cause === null ? "" : causeName(row.cause)}</strong> · ${row.detail}
        </div>
      </div>
    </div>`;
  }

  private found(row: Row) {
    const shown = row.findings.slice(0, 2);
    const more = row.findings.length - shown.length;
    return shown.map(
      (finding, i) =>
        html`<div>
          ${defectName(finding.defect)}${row.verdict === "REJECT" ? ` ${score(finding.score)}` : "?"}${
            i === shown.length - 1 && more > 0 ? html` &ensp;${words.more(more)}` : nothing
          }
        </div>`,
    );
  }

  private bottom(row: Row) {
    const held = this.state.held !== null;
    const newer = newerThanHeld(this.state);
    const stale = isStale(this.state);
    return html`<div class="bottom">
      <div class="title">
        ${
          stale
            ? html`<span class="held">${words.notLive}</span>`
            : held
              ? html`<span class="held">${words.held}</span>${newer > 0 ? html` · ${words.newer(newer)}` : nothing}`
              : words.live
        }
        · ${words.record} ${row.id}
      </div>
      <button
        type="button"
        aria-pressed=${this.overlay}
        title=${words.overlayHint}
        @click=${() => emit(this, "overlay-toggle", null)}
      >
        ${words.overlay}
      </button>
      <button
        type="button"
        aria-pressed=${held}
        title=${held ? words.followHint : words.holdHint}
        @click=${() => emit(this, "hold-toggle", null)}
      >
        ${held ? words.follow : words.hold}
      </button>
      <button type="button" title=${words.openHint} @click=${() => emit(this, "inspection-open", row.id)}>
        ${words.open}
      </button>
    </div>`;
  }
}

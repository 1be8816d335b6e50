import { LitElement, css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { age, day, kappa, percent } from "../format.js";
import { heardAgeMs, heartbeatAgeMs, isSilent, type State } from "../state.js";
import { toggleTheme } from "../theme.js";
import type { Rate, Verification } from "../wire.js";
import { words } from "../words.js";
import { stateShape } from "./shapes.js";
import { shared } from "./shared.js";

/** The line's state, in one glance, and what the page cannot vouch for. */
@customElement("goshawk-header")
export class Header extends LitElement {
  static override styles = [
    shared,
    css`
      header {
        display: flex;
        align-items: center;
        gap: 18px;
        padding: 8px 16px;
        min-height: 64px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      .name {
        display: flex;
        align-items: center;
        gap: 10px;
        font-size: 19px;
        font-weight: 650;
        letter-spacing: 0.01em;
      }
      .name svg {
        width: 30px;
        height: 30px;
      }
      h1 {
        font: inherit;
        margin: 0;
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 9px;
        font-weight: 600;
        font-size: 17px;
        padding: 7px 14px;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: var(--raised);
        white-space: nowrap;
      }
      .state svg {
        width: 16px;
        height: 16px;
      }
      .state.bad {
        background: var(--reject-ground);
        border-color: var(--reject-ground);
        color: var(--on);
      }
      .state.doubt {
        background: var(--review-ground);
        border-color: var(--review-ground);
        color: var(--review-on);
      }
      dl {
        display: flex;
        gap: 22px;
        margin: 0;
        flex: 1;
        min-width: 0;
      }
      dl > div {
        min-width: 0;
      }
      dt {
        font-size: 12px;
        color: var(--soft);
        line-height: 1.25;
        white-space: nowrap;
      }
      dd {
        margin: 0;
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
        line-height: 1.3;
      }
      .beat {
        flex: none;
        min-width: 74px;
      }
      .recipe {
        flex: none;
        max-width: 300px;
      }
      .engine {
        flex: 0 1 auto;
      }
      .station {
        flex: 0 100 auto;
      }
      @media (max-width: 1499px) {
        .runtime {
          display: none;
        }
      }
      .badges {
        display: flex;
        gap: 8px;
      }
      .badge {
        border: 1.5px dashed var(--soft);
        border-radius: 6px;
        padding: 5px 10px;
        font-size: 13px;
        font-weight: 600;
        white-space: nowrap;
      }
      .badge.unverified {
        border: 1.5px solid var(--review);
      }
      .verification {
        flex: none;
      }
      .stale dl,
      .stale .badges {
        opacity: 0.45;
      }
      .banner {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 10px 16px;
        font-size: 17px;
      }
      .banner svg {
        width: 22px;
        height: 22px;
        flex: none;
      }
      .banner strong {
        font-weight: 650;
      }
      .alarms {
        align-items: start;
      }
      .alarms > div {
        min-width: 0;
      }
      .alarms ul {
        margin: 2px 0 0;
        padding-left: 20px;
        font-size: 15px;
        line-height: 1.35;
      }
      .banner.bad {
        background: var(--reject-ground);
        color: var(--on);
      }
      .banner.doubt {
        background: var(--review-ground);
        color: var(--review-on);
      }
      @media (max-width: 1100px) {
        header {
          flex-wrap: wrap;
        }
        dl {
          order: 5;
          flex-basis: 100%;
          flex-wrap: wrap;
        }
      }
    `,
  ];

  @property({ attribute: false }) state!: State;
  @property({ attribute: false }) nowMs = 0;

  override render() {
    const { station, connection } = this.state;
    const silent = isSilent(this.state, this.nowMs);
    return html`
      <header class=${connection === "live" ? "" : "stale"}>
        <div class="name">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path
              d="M3 10V3h7M22 3h7v7M29 22v7h-7M10 29H3v-7"
              fill="none"
              stroke="var(--soft)"
              stroke-width="2.6"
              stroke-linecap="round"
              stroke-linejoin="round"
            />
            <path
              d="M9 16.5l5 5 9-10.5"
              fill="none"
              stroke="var(--text)"
              stroke-width="3.4"
              stroke-linecap="round"
              stroke-linejoin="round"
            />
          </svg>
          <h1>${words.title}</h1>
        </div>
        ${this.lineState(silent)}
        ${
          station === null
            ? html`<dl></dl>`
            : html`<dl>
                <div class="beat">
                  <dt>${words.heartbeat}</dt>
                  <dd>${age(heartbeatAgeMs(this.state, this.nowMs))}</dd>
                </div>
                <div class="recipe">
                  <dt>${words.recipe}</dt>
                  <dd title=${station.recipe}>${station.recipe}</dd>
                </div>
                <div class="engine">
                  <dt>${words.engine}</dt>
                  <dd title="${station.engine} · ${station.precision} · ${station.runtime}">
                    ${station.engine} <span class="soft runtime">${station.runtime}</span>
                  </dd>
                </div>
                ${
                  station.verification === null
                    ? nothing
                    : html`<div class="verification">
                        <dt>${words.verified}</dt>
                        <dd title=${verified(station.verification)}>
                          ${words.verifiedOn(day(station.verification.at), kappa(station.verification.kappa))}
                        </dd>
                      </div>`
                }
                <div class="station">
                  <dt>${words.station}</dt>
                  <dd title=${station.station}>${station.station}</dd>
                </div>
              </dl>`
        }
        <div class="badges">
          ${
            station === null || station.isVerified
              ? nothing
              : html`<span class="badge unverified" title=${unverified(station.verification)}>${words.unverified}</span>`
          }
          ${
            station?.isSimulated
              ? html`<span class="badge" title=${words.simulatedHint}>${words.simulated}</span>`
              : nothing
          }
          ${
            station?.isMonitorOnly
              ? html`<span class="badge" title=${words.monitorOnlyHint}>${words.monitorOnly}</span>`
              : nothing
          }
        </div>
        <button type="button" title=${words.themeHint} aria-label=${words.themeHint} @click=${toggleTheme}>
          <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2" />
            <path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" />
          </svg>
        </button>
      </header>
      ${this.banner(silent)}
    `;
  }

  private lineState(silent: boolean) {
    const { connection, station } = this.state;
    if (connection !== "live" || station === null) {
      return html`<span class="state ${connection === "lost" ? "bad" : ""}" role="status"
        >${stateShape(connection === "lost" ? "LOST" : "STARTING")}
        ${connection === "lost" ? words.state.lost : words.state.unknown}</span
      >`;
    }
    const tone = station.state === "FAILED" || silent ? "bad" : station.state === "STOPPED" ? "doubt" : "";
    return html`<span class="state ${tone}" role="status" title=${station.detail}
      >${stateShape(silent ? "SILENT" : station.state)} ${words.state[station.state]}</span
    >`;
  }

  private banner(silent: boolean) {
    const { connection, station } = this.state;
    if (connection === "lost") {
      return html`<div class="banner bad" role="alert">
        ${stateShape("LOST")}<strong>${words.offline}.</strong>
        <span>${words.offlineSince(age(heardAgeMs(this.state, this.nowMs)))}</span>
      </div>`;
    }
    if (connection === "connecting") {
      return html`<div class="banner">${stateShape("STARTING")}<span>${words.connecting}</span></div>`;
    }
    if (silent) {
      return html`<div class="banner bad" role="alert">
        ${stateShape("SILENT")}<strong>${words.silent}.</strong>
        <span>${words.silentSince(age(heartbeatAgeMs(this.state, this.nowMs)))}</span>
      </div>`;
    }
    if (station !== null && station.problem !== null) {
      return html`<div class="banner bad" role="alert">
        ${stateShape("SILENT")}<strong>${words.historyProblem}</strong>
        <span>${station.problem}</span>
      </div>`;
    }
    if (station !== null && (station.state === "FAILED" || station.state === "STOPPED")) {
      return html`<div class="banner ${station.state === "FAILED" ? "bad" : "doubt"}" role="alert">
        ${stateShape(station.state)}<strong>${words.lineIs[station.state]}</strong>
        <span>${station.detail}</span>
      </div>`;
    }
    if (station !== null && station.pictureAlarms.length > 0) {
      return html`<div class="banner alarms doubt" role="alert">
        ${stateShape("SILENT")}
        <div>
          <strong>${words.pictureAlarm}</strong>
          <ul>
            ${station.pictureAlarms.map((alarm) => html`<li>${alarm}</li>`)}
          </ul>
        </div>
      </div>`;
    }
    return nothing;
  }
}

function verified(verification: Verification): string {
  return words.verifiedWith(
    rate(verification.escapes),
    rate(verification.falseCalls),
    rate(verification.flips),
  );
}

function rate(rate: Rate): string {
  return words.rateOf(rate.hits, rate.trials, percent(rate.low), percent(rate.high));
}

function unverified(verification: Verification | null): string {
  return [words.unverifiedHint, ...(verification?.shortfalls ?? [])].join("; ");
}

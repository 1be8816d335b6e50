import { LitElement, css, html } from "lit";
import { customElement, state } from "lit/decorators.js";
import { inspections, stats } from "../api.js";
import { LiveStream } from "../live.js";
import { reduce, start, isStale, type Message, type State } from "../state.js";
import { toggleTheme } from "../theme.js";
import { words } from "../words.js";
import type { Events } from "./events.js";
import "./counters.js";
import "./detail.js";
import "./header.js";
import "./hours.js";
import "./latency.js";
import "./ledger.js";
import "./live.js";
import "./pareto.js";
import "./strip.js";
import "./table.js";

/** How often figures are fetched at most while parts come, and at least while none do. */
const statsEveryMs = 2_000;
const statsAtLeastMs = 15_000;

/** The page: holds the state, listens to the appliance, and lays out the panels. */
@customElement("goshawk-app")
export class App extends LitElement {
  static override styles = css`
    :host {
      display: flex;
      flex-direction: column;
      min-height: 100vh;
    }
    /* A control-room screen: all of it at one glance, the table scrolls in its panel. */
    main {
      flex: 1;
      display: grid;
      gap: 12px;
      padding: 12px 12px 8px;
      grid-template-columns: minmax(0, 1.5fr) minmax(0, 1fr) minmax(0, 1fr);
      grid-template-rows: 216px 226px minmax(150px, 1fr) 212px;
      grid-template-areas:
        "live counters latency"
        "live pareto hours"
        "live table table"
        "strip strip ledger";
    }
    @media (min-width: 1500px) and (min-height: 880px) {
      :host {
        height: 100vh;
      }
      main {
        min-height: 0;
      }
    }
    /* A panel PC: the part and its figures on the first screen, the rest below. */
    @media (max-width: 1499px), (max-height: 879px) {
      main {
        grid-template-columns: minmax(0, 1.45fr) minmax(0, 1fr);
        grid-template-rows: 206px 212px 200px 212px 226px 560px;
        grid-template-areas:
          "live counters"
          "live latency"
          "live ledger"
          "strip strip"
          "hours pareto"
          "table table";
      }
    }
    @media (max-width: 900px) {
      main {
        grid-template-columns: minmax(0, 1fr);
        grid-template-rows: min(150vw, 640px) 206px 200px 212px 200px auto auto 560px;
        grid-template-areas:
          "live"
          "counters"
          "latency"
          "strip"
          "ledger"
          "hours"
          "pareto"
          "table";
      }
    }
    goshawk-live {
      grid-area: live;
      min-height: 0;
    }
    goshawk-counters {
      grid-area: counters;
    }
    goshawk-latency {
      grid-area: latency;
    }
    goshawk-pareto {
      grid-area: pareto;
    }
    goshawk-hours {
      grid-area: hours;
    }
    goshawk-ledger {
      grid-area: ledger;
    }
    goshawk-strip {
      grid-area: strip;
    }
    goshawk-table {
      grid-area: table;
      min-height: 0;
    }
    .stale {
      filter: grayscale(1);
      opacity: 0.55;
    }
    footer {
      padding: 0 16px 12px;
      color: var(--soft);
      font-size: 13px;
    }
  `;

  @state() private state: State = start;
  @state() private nowMs = performance.now();
  @state() private overlay = true;
  @state() private hours = 8;
  @state() private open: number | null = null;

  private statsAtMs = -Infinity;
  private statsTimer: ReturnType<typeof setTimeout> | undefined;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private readonly live = new LiveStream({
    opened: () => {
      this.tell({ kind: "opened", atMs: performance.now() });
      void this.refresh();
    },
    lost: () => this.tell({ kind: "lost" }),
    station: (station) => this.tell({ kind: "station", station, atMs: performance.now() }),
    inspected: (row) => {
      this.tell({ kind: "inspected", row, atMs: performance.now() });
      this.wantStats();
    },
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => this.tick(), 500);
    window.addEventListener("keydown", this.key);
    window.addEventListener("hashchange", this.followHash);
    this.listen("inspection-open", (id) => (location.hash = `#/inspections/${id}`));
    this.listen("inspection-close", () => {
      if (this.open !== null) location.hash = "#/";
    });
    this.listen("overlay-toggle", () => (this.overlay = !this.overlay));
    this.listen("hold-toggle", () => this.toggleHold());
    this.listen("window-choose", (hours) => {
      this.hours = hours;
      void this.fetchStats();
    });
    this.followHash();
    this.live.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    clearTimeout(this.statsTimer);
    window.removeEventListener("keydown", this.key);
    window.removeEventListener("hashchange", this.followHash);
    this.live.close();
  }

  private listen<K extends keyof Events>(name: K, hear: (detail: Events[K]) => void): void {
    this.addEventListener(name, (event) => hear((event as CustomEvent<Events[K]>).detail));
  }

  private tell(message: Message): void {
    this.state = reduce(this.state, message);
  }

  private tick(): void {
    this.nowMs = performance.now();
    if (this.state.connection === "live" && this.nowMs - this.statsAtMs > statsAtLeastMs) void this.fetchStats();
  }

  /** After a connection: what was missed while there was none. */
  private async refresh(): Promise<void> {
    void this.fetchStats();
    try {
      const [latest, exceptions] = await Promise.all([
        inspections({ limit: 50 }),
        inspections({ limit: 20, verdicts: ["REJECT", "REVIEW", "NOT_INSPECTED"] }),
      ]);
      this.tell({ kind: "rows", rows: latest.rows });
      this.tell({ kind: "exceptions", rows: exceptions.rows });
    } catch {
      // The stream tells when the appliance is gone, and comes back here when it is not.
    }
  }

  private wantStats(): void {
    if (this.statsTimer !== undefined) return;
    const wait = Math.max(0, this.statsAtMs + statsEveryMs - performance.now());
    this.statsTimer = setTimeout(() => void this.fetchStats(), wait);
  }

  private async fetchStats(): Promise<void> {
    clearTimeout(this.statsTimer);
    this.statsTimer = undefined;
    this.statsAtMs = performance.now();
    const hours = this.hours;
    try {
      const answer = await stats(hours);
      if (hours === this.hours) this.tell({ kind: "stats", stats: answer });
    } catch {
      // As above: figures stay as they were until the next answer.
    }
  }

  private toggleHold(): void {
    this.tell({ kind: this.state.held === null ? "hold" : "follow" });
  }

  private readonly followHash = (): void => {
    const found = /^#\/inspections\/(\d+)$/.exec(location.hash);
    this.open = found?.[1] === undefined ? null : Number(found[1]);
  };

  private readonly key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onControl = event
      .composedPath()
      .some((target) => target instanceof Element && target.matches("button, a, tr"));
    if (event.key === "t") toggleTheme();
    else if (this.open !== null) return;
    else if (event.key === "o") this.overlay = !this.overlay;
    else if (event.key === " " && !onControl) this.toggleHold();
    else if (event.key === "Enter" && !onControl) {
      const row = this.state.held ?? this.state.rows[0];
      if (row !== undefined) location.hash = `#/inspections/${row.id}`;
    } else return;
    event.preventDefault();
  };

  /** The browser's tab says what the header says: a page in the background is not to be taken for a running line. */
  protected override updated(): void {
    const { connection, station } = this.state;
    if (station === null) document.title = words.title;
    else {
      const state = connection === "live" ? words.state[station.state] : words.state.lost;
      document.title = words.titleOf(state, station.recipe);
    }
  }

  override render() {
    const { station, stats: figures } = this.state;
    const stale = isStale(this.state) ? "stale" : "";
    return html`
      <goshawk-header .state=${this.state} .nowMs=${this.nowMs}></goshawk-header>
      <main>
        <goshawk-live .state=${this.state} .overlay=${this.overlay}></goshawk-live>
        <goshawk-counters class=${stale} .stats=${figures} .hours=${this.hours}></goshawk-counters>
        <goshawk-latency class=${stale} .stats=${figures} .taktMs=${station?.taktMs ?? 0}></goshawk-latency>
        <goshawk-pareto class=${stale} .stats=${figures}></goshawk-pareto>
        <goshawk-hours class=${stale} .stats=${figures}></goshawk-hours>
        <goshawk-ledger class=${stale} .station=${station}></goshawk-ledger>
        <goshawk-table class=${stale} .rows=${this.state.rows}></goshawk-table>
        <goshawk-strip class=${stale} .rows=${this.state.exceptions}></goshawk-strip>
      </main>
      <footer>${words.keys}: ${words.keysText}</footer>
      <goshawk-detail
        .record=${this.open}
        .newest=${this.state.rows[0]?.id ?? 0}
        .overlay=${this.overlay}
      ></goshawk-detail>
    `;
  }
}

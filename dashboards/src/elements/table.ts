import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { inspections } from "../api.js";
import { clock, count, duration, score } from "../format.js";
import { verdicts, type Row, type Verdict } from "../wire.js";
import { words } from "../words.js";
import { emit } from "./events.js";
import { reason } from "./strip.js";
import { choice, choiceStyle, shared, verdictLabel } from "./shared.js";

const pageSize = 50;

/** The latest inspections as they come; filtered, or further back, as asked. */
@customElement("goshawk-table")
export class Table extends LitElement {
  static override styles = [
    shared,
    choiceStyle,
    css`
      .tools {
        display: flex;
        gap: 10px;
        align-items: center;
        flex-wrap: wrap;
        justify-content: flex-end;
      }
      .scroll {
        flex: 1;
        min-height: 0;
        overflow: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--line) transparent;
      }
      table {
        border-collapse: collapse;
        width: 100%;
      }
      th {
        position: sticky;
        top: 0;
        background: var(--panel);
        text-align: left;
        font-size: 13px;
        font-weight: 600;
        color: var(--soft);
        padding: 4px 12px 6px 0;
        white-space: nowrap;
        box-shadow: 0 1px 0 var(--line);
      }
      td {
        padding: 8px 12px 8px 0;
        border-top: 1px solid var(--line);
        white-space: nowrap;
        line-height: 1.25;
      }
      tr:first-child td {
        border-top: 0;
      }
      th.number,
      td.number {
        text-align: right;
      }
      th:last-child,
      td:last-child {
        padding-right: 4px;
      }
      td.wide {
        width: 60%;
        max-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      tbody tr {
        cursor: pointer;
      }
      tbody tr:hover td {
        background: var(--raised);
      }
      tbody tr:focus-visible {
        outline-offset: -3px;
      }
    `,
  ];

  /** The live rows, newest first. */
  @property({ attribute: false }) rows: readonly Row[] = [];

  @state() private verdict: Verdict | "ALL" = "ALL";
  /** What was asked for: null while the table is live. */
  @state() private page: readonly Row[] | null = null;
  @state() private older: number | null = null;
  @state() private failed = false;
  /** Counts the requests: only the last one's answer is shown. */
  private asked = 0;

  protected override willUpdate(changed: PropertyValues<this>): void {
    // A filtered first page stays live: what comes is put on top of it.
    if (changed.has("rows") && this.page !== null && this.verdict !== "ALL" && this.onFirstPage) {
      const newest = this.page[0]?.id ?? 0;
      const fresh = this.rows.filter((row) => row.id > newest && row.verdict === this.verdict);
      if (fresh.length > 0) this.page = [...fresh, ...this.page];
    }
  }

  private onFirstPage = true;

  private async ask(before: number | null): Promise<void> {
    const request = ++this.asked;
    this.onFirstPage = before === null;
    if (before === null && this.verdict === "ALL") {
      this.page = null;
      this.older = null;
      this.failed = false;
      return;
    }
    try {
      const answer = await inspections({
        limit: pageSize,
        before,
        verdicts: this.verdict === "ALL" ? [] : [this.verdict],
      });
      if (request !== this.asked) return;
      this.page = answer.rows;
      this.older = answer.next;
      this.failed = false;
    } catch {
      if (request === this.asked) this.failed = true;
    }
  }

  override render() {
    const rows = this.page ?? this.rows;
    const oldest = rows.at(-1)?.id;
    const hasOlder = this.page === null ? oldest !== undefined && oldest > 1 : this.older !== null;
    return html`<section class="panel">
      <div class="head">
        <h2>${words.table}</h2>
        <div class="tools">
          ${choice<Verdict | "ALL">(
            [
              { value: "ALL", text: words.all },
              ...verdicts.map((verdict) => ({ value: verdict, text: words.verdict[verdict] })),
            ],
            this.verdict,
            (verdict) => {
              this.verdict = verdict;
              void this.ask(null);
            },
          )}
          <div class="choice" role="group">
            <button type="button" ?disabled=${this.onFirstPage} @click=${() => this.ask(null)}>${words.newest}</button>
            <button type="button" ?disabled=${!hasOlder} @click=${() => this.ask(oldest ?? null)}>
              ${words.older}
            </button>
          </div>
        </div>
      </div>
      ${this.failed ? html`<div class="soft">${words.failedToLoad}</div>` : nothing}
      ${
        rows.length === 0
          ? html`<div class="empty">${this.verdict === "ALL" ? words.tableEmpty : words.tableEmptyFilter}</div>`
          : html`<div class="scroll">${table(rows)}</div>`
      }
    </section>`;
  }
}

function table(rows: readonly Row[]) {
  const column = words.column;
  return html`<table>
    <thead>
      <tr>
        <th scope="col" class="number">${column.id}</th>
        <th scope="col">${column.at}</th>
        <th scope="col">${column.part}</th>
        <th scope="col">${column.verdict}</th>
        <th scope="col">${column.finding}</th>
        <th scope="col" class="number">${column.score}</th>
        <th scope="col" class="number">${column.latency}</th>
      </tr>
    </thead>
    <tbody>
      ${repeat(rows, (row) => row.id, line)}
    </tbody>
  </table>`;
}

function line(row: Row) {
  const open = (event: Event) => emit(event.currentTarget ?? window, "inspection-open", row.id);
  return html`<tr
    tabindex="0"
    @click=${open}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === "Enter") open(event);
    }}
  >
    <td class="number soft">${count(row.id)}</td>
    <td>${clock(row.at)}</td>
    <td>${row.part}</td>
    <td>${verdictLabel(row.verdict)}</td>
    <td class="wide" title=${row.detail ?? nothing}>
      ${reason(row)}${row.detail ? html` <span class="soft">${row.detail}</span>` : nothing}
    </td>
    <td class="number">${row.score === null ? "" : score(row.score)}</td>
    <td class="number">${duration(row.latencyMs)}</td>
  </tr>`;
}

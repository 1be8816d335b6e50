import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { classMap } from "lit/directives/class-map.js";
import { styled } from "./styled.js";
import { ApiError, confirm, detail as fetchDetail } from "../api.js";
import { causeName, count, dayAndClock, defectName, duration, none, percent, score, shortHash } from "../format.js";
import { explained, needsExplanation, saying, thoughtOf } from "../explain.js";
import type { Detail, Finding, Label, Row, Score, Thought } from "../wire.js";
import { isPartial, looking, seen, type Seen } from "../views.js";
import { words } from "../words.js";
import { answer, answerStyles } from "./answer.js";
import { emit } from "./events.js";
import type { Picture } from "./picture.js";
import "./picture.js";
import { readings, readingStyles } from "./readings.js";
import { second, secondStyles } from "./second.js";
import { unseen, unseenStyles, viewName } from "./seen.js";
import { verdictShape } from "./shapes.js";
import { shared } from "./shared.js";

/** Everything that is known about one part: picture, questions, answers, times and what made them. */
@customElement("goshawk-detail")
export class InspectionDetail extends LitElement {
  static override styles = [
    shared,
    readingStyles,
    answerStyles,
    secondStyles,
    unseenStyles,
    css`
      dialog {
        width: min(1840px, calc(100vw - 32px));
        height: calc(100vh - 32px);
        max-width: none;
        max-height: none;
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--ground);
        color: var(--text);
        overflow: hidden;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: var(--shade);
      }
      .top {
        display: flex;
        align-items: center;
        gap: 16px;
        padding: 8px 12px 8px 18px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
        min-height: 62px;
      }
      .top h2 {
        font-size: 22px;
        display: flex;
        align-items: center;
        gap: 10px;
        font-weight: 700;
      }
      .top h2 svg {
        width: 28px;
        height: 28px;
      }
      .top .facts {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .top .facts strong {
        font-weight: 600;
        font-size: 17px;
      }
      .body {
        flex: 1;
        min-height: 0;
        display: grid;
        grid-template-columns: minmax(0, 1.15fr) minmax(420px, 1fr);
      }
      .left {
        display: flex;
        flex-direction: column;
        min-height: 0;
        border-right: 1px solid var(--line);
      }
      goshawk-picture {
        flex: 1;
        border-radius: 0;
        min-height: 200px;
      }
      .tools {
        display: flex;
        gap: 8px;
        padding: 8px 12px;
        background: var(--panel);
        border-top: 1px solid var(--line);
        align-items: center;
      }
      .tools.views {
        border-top: 0;
        border-bottom: 1px solid var(--line);
        flex-wrap: wrap;
      }
      .tools a {
        margin-left: auto;
        color: var(--text);
        padding: 10px 4px;
      }
      .tools .square {
        padding: 0;
        font-size: 20px;
      }
      .fault {
        padding: 8px 16px;
        color: var(--missing);
        background: var(--panel);
        border-bottom: 1px solid var(--line);
        overflow-wrap: anywhere;
      }
      .right {
        overflow-y: auto;
        padding: 14px 18px 22px;
        scrollbar-width: thin;
        scrollbar-color: var(--line) transparent;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        color: var(--soft);
        margin: 20px 0 8px;
      }
      h3:first-child {
        margin-top: 0;
      }
      .prompt {
        background: var(--panel);
        border: 1px solid var(--line);
        border-left: 5px solid var(--line);
        border-radius: 6px;
        padding: 9px 14px 10px;
        margin-bottom: 8px;
      }
      .prompt.rejects {
        border-left-color: var(--reject);
      }
      .prompt.doubts {
        border-left-color: var(--review);
        border-left-style: double;
      }
      .question {
        display: flex;
        gap: 14px;
        align-items: center;
      }
      .question strong {
        flex: 1;
        font-weight: 600;
        font-size: 16px;
      }
      .question .meta,
      .question .figure {
        white-space: nowrap;
      }
      .question .figure {
        font-weight: 600;
      }
      .meta {
        font-size: 13px;
        color: var(--soft);
      }
      .scale {
        position: relative;
        height: 30px;
        margin-top: 6px;
      }
      .scale .track {
        position: absolute;
        left: 0;
        right: 0;
        top: 3px;
        height: 12px;
        background: var(--raised);
        border-radius: 2px;
        overflow: hidden;
        display: flex;
      }
      .scale .share {
        background: var(--bar);
      }
      .rejects .share {
        background: var(--reject);
      }
      .doubts .share {
        background: var(--review);
      }
      .scale .doubt {
        background: repeating-linear-gradient(45deg, var(--soft) 0 3px, transparent 3px 6px);
      }
      .scale .mark {
        position: absolute;
        top: 0;
        height: 18px;
        border-left: 2px solid var(--text);
      }
      .scale .mark span {
        position: absolute;
        top: 16px;
        left: 0;
        transform: translateX(-50%);
        font-size: 11.5px;
        color: var(--soft);
        white-space: nowrap;
      }
      .scale .mark.end span {
        transform: translateX(calc(-100% + 2px));
      }
      .scale .mark.start span {
        transform: none;
      }
      .thought {
        margin: 8px 0 0;
        font-size: 14px;
        color: var(--soft);
      }
      .thought summary {
        cursor: pointer;
      }
      .thought p {
        margin: 4px 0 0;
        padding-left: 12px;
        border-left: 2px solid var(--line);
        max-height: 14em;
        overflow-y: auto;
        scrollbar-width: thin;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      code {
        font-family: ui-monospace, "DejaVu Sans Mono", monospace;
        font-size: 13px;
      }
      .times {
        display: grid;
        gap: 5px;
      }
      .time {
        display: grid;
        grid-template-columns: 76px 1fr 92px;
        gap: 10px;
        align-items: center;
      }
      .time .bar {
        position: relative;
        height: 14px;
      }
      .time .bar i {
        position: absolute;
        top: 0;
        bottom: 0;
        background: var(--bar);
        border-radius: 2px;
        min-width: 2px;
      }
      .time .ms {
        text-align: right;
        white-space: nowrap;
      }
      .time.total {
        border-top: 1px solid var(--line);
        padding-top: 5px;
        font-weight: 600;
      }
      .over .bar i {
        background: var(--reject);
      }
      .facts-grid {
        display: grid;
        grid-template-columns: 130px 1fr;
        gap: 3px 14px;
        margin: 0;
      }
      .facts-grid dt {
        color: var(--soft);
      }
      .facts-grid dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .cause {
        background: var(--panel);
        border: 1px solid var(--line);
        border-left: 5px dashed var(--missing);
        border-radius: 6px;
        padding: 12px 14px;
      }
      .confirmation {
        margin: 0 0 12px;
        color: var(--soft);
      }
      .cause strong {
        display: block;
        font-size: 17px;
      }
      @media (max-width: 560px) {
        .top {
          flex-wrap: wrap;
        }
        .top h2,
        .top .facts {
          flex-basis: 100%;
        }
      }
      @media (max-width: 900px) {
        .body {
          grid-template-columns: 1fr;
          overflow-y: auto;
        }
        .left {
          border-right: 0;
          min-height: 60vh;
        }
        .right {
          overflow: visible;
        }
      }
    `,
  ];

  /** Record to show; null while closed. */
  @property({ attribute: false }) record: number | null = null;
  /** The newest rows: the neighbours to step to. */
  @property({ attribute: false }) newest = 0;
  @property({ type: Boolean }) overlay = true;

  @state() private loaded: Detail | null = null;
  @state() private problem = "";
  @state() private highlight = "";
  /** The view to look at; null for the one that tells most. */
  @state() private view: string | null = null;
  /** What another model found, while somebody points to its answer; nothing otherwise. */
  @state() private pointed: Finding[] = [];
  /** Why the last confirmation was not taken down; empty when it was. */
  @state() private refusal = "";
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("goshawk-picture") private picture!: Picture | null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("record")) void this.load();
  }

  protected override updated(): void {
    if (this.record !== null && !this.dialog.open) this.dialog.showModal();
    if (this.record === null && this.dialog.open) this.dialog.close();
  }

  private async load(): Promise<void> {
    const id = this.record;
    this.problem = "";
    this.highlight = "";
    this.view = null;
    this.pointed = [];
    this.refusal = "";
    if (id === null) {
      this.loaded = null;
      return;
    }
    try {
      const answer = await fetchDetail(id);
      if (this.record === id) this.loaded = answer;
    } catch (error) {
      if (this.record !== id) return;
      this.loaded = null;
      this.problem = error instanceof ApiError && error.status === 404 ? words.notFound : words.failedToLoad;
    }
  }

  private step(by: number): void {
    if (this.record === null) return;
    const next = this.record + by;
    if (next >= 1 && (by < 0 || next <= this.newest)) emit(this, "inspection-open", next);
  }

  private async say(label: Label): Promise<void> {
    const shown = this.loaded;
    if (shown === null || shown.row.picture === null) return;
    this.refusal = "";
    try {
      const confirmation = await confirm(shown.row.id, label);
      if (this.record === shown.row.id) this.loaded = { ...shown, confirmation };
    } catch {
      if (this.record === shown.row.id) this.refusal = words.notConfirmed;
    }
  }

  private confirmation(shown: Detail) {
    const said = shown.confirmation;
    const text =
      said === null ? words.unconfirmed : words.confirmed(words.verdict[said.label], said.by, dayAndClock(said.at));
    return html`<p class="confirmation" role="status">${this.refusal === "" ? text : this.refusal}</p>`;
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      "+": () => this.picture?.zoom(1),
      "=": () => this.picture?.zoom(1),
      "-": () => this.picture?.zoom(-1),
      "0": () => this.picture?.zoom(0),
      o: () => emit(this, "overlay-toggle", null),
      v: () => this.nextView(),
      p: () => void this.say("PASS"),
      r: () => void this.say("REJECT"),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };

  override render() {
    return html`<dialog
      aria-label=${words.detail}
      @close=${() => emit(this, "inspection-close", null)}
      @keydown=${this.key}
    >
      ${this.record === null ? nothing : this.content(this.record)}
    </dialog>`;
  }

  private content(id: number) {
    const shown = this.loaded;
    const row = shown?.row ?? null;
    return html`
      <div class="top">
        ${
          row === null
            ? html`<h2>${words.detail} ${count(id)}</h2>`
            : html`<h2 class=${row.verdict}>${verdictShape(row.verdict)}${words.verdictBanner[row.verdict]}</h2>`
        }
        <div class="facts">
          ${
            row === null
              ? nothing
              : html`<strong>${row.part}</strong> <span class="soft">&ensp;${dayAndClock(row.at)}</span>`
          }
        </div>
        <button
          type="button"
          title=${words.previous}
          aria-label=${words.previous}
          ?disabled=${id <= 1}
          @click=${() => this.step(-1)}
        >
          ←
        </button>
        <button
          type="button"
          title=${words.next}
          aria-label=${words.next}
          ?disabled=${id >= this.newest}
          @click=${() => this.step(1)}
        >
          →
        </button>
        <button type="button" autofocus @click=${() => emit(this, "inspection-close", null)}>${words.close}</button>
      </div>
      ${
        shown === null || row === null
          ? html`<div class="empty">${this.problem}</div>`
          : html`<div class="body">
              <div class="left">${this.pictureOf(row)}</div>
              <div class="right" tabindex="-1">
                ${row.picture === null || isPartial(row) ? nothing : this.confirmation(shown)}
                ${row.verdict === "NOT_INSPECTED" ? cause(row) : nothing} ${readings(shown.readings)}
                ${this.answers(shown)}
                ${times(shown)}
                ${provenance(shown)}
              </div>
            </div>`
      }
    `;
  }

  private pictureOf(row: Row) {
    const one = looking(row, this.view);
    if (one === null) return html`<div class="empty">${words.noPicture}</div>`;
    const pointed = this.pointed.filter((finding) => finding.view === one.view);
    if (one.picture === null) return html`${this.viewsOf(row, one)}${unseen(one)}`;
    return html`${this.viewsOf(row, one)}${
      one.fault === null ? nothing : html`<div class="fault">${one.fault}</div>`
    }<goshawk-picture
        zoomable
        .src=${one.picture}
        .findings=${this.pointed.length === 0 ? one.findings : pointed}
        .verdict=${row.verdict}
        .overlay=${this.overlay}
        .highlight=${this.highlight}
      ></goshawk-picture>
      <div class="tools">
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
          class="square"
          title=${words.zoomOut}
          aria-label=${words.zoomOut}
          @click=${() => this.picture?.zoom(-1)}
        >
          −
        </button>
        <button
          type="button"
          class="square"
          title=${words.zoomIn}
          aria-label=${words.zoomIn}
          @click=${() => this.picture?.zoom(1)}
        >
          +
        </button>
        <button type="button" title=${words.zoomFit} @click=${() => this.picture?.zoom(0)}>${words.fit}</button>
        <a href=${one.picture} target="_blank" rel="noopener">${words.openPicture}</a>
      </div>`;
  }

  private viewsOf(row: Row, shown: Seen) {
    if (row.views.length === 0) return nothing;
    return html`<div class="tools views" role="group">
      ${seen(row).map(
        (one) =>
          html`<button
            type="button"
            aria-pressed=${one.view === shown.view}
            title=${words.viewHint}
            @click=${() => (this.view = one.view)}
          >
            ${viewName(one)}
          </button>`,
      )}
    </div>`;
  }

  private nextView(): void {
    const row = this.loaded?.row;
    if (row === undefined) return;
    const names = seen(row).map((one) => one.view);
    const at = names.indexOf(looking(row, this.view)?.view ?? "");
    this.view = names[(at + 1) % names.length] ?? null;
  }

  /** The regions of a question stand out, on the picture that shows them. */
  private pointTo(found: Finding[], prompt: string): void {
    const first = found[0];
    this.highlight = first === undefined ? "" : prompt;
    if (first !== undefined) this.view = first.view;
  }

  /** What decided comes first: another model's opinion where it made the verdict stricter. */
  private answers(shown: Detail) {
    const other = second(shown, (found) => {
      this.pointed = found;
      if (found[0] !== undefined) this.view = found[0].view;
    });
    return shown.row.findings.some((one) => one.isSecond)
      ? html`${other}${this.prompts(shown)}`
      : html`${this.prompts(shown)}${other}`;
  }

  private prompts(shown: Detail) {
    const findings = explained(
      shown.scores,
      shown.row.findings.filter((one) => !one.isSecond),
    );
    // What decided the verdict comes first; otherwise the recipe's order.
    const order = shown.scores
      .map((one, i) => ({ one, found: findings[i] ?? [] }))
      .sort((a, b) => Number(needsExplanation(b.one)) - Number(needsExplanation(a.one)));
    return html`<h3>${words.prompts}</h3>
      ${
        order.length === 0
          ? html`<div class="soft">${words.noScores}</div>`
          : order.map(({ one, found }) => this.prompt(one, found, thoughtOf(one, shown.thoughts)))
      }`;
  }

  private prompt(one: Score, found: Finding[], thought: Thought | undefined) {
    const verdict = saying(one);
    return html`<div
      class="prompt ${classMap({ rejects: verdict === "REJECT", doubts: verdict === "REVIEW" })}"
      @pointerenter=${() => this.pointTo(found, one.prompt)}
      @pointerleave=${() => (this.highlight = "")}
    >
      <div class="question">
        <strong>${one.question}</strong>
        ${
          one.confidence === null
            ? nothing
            : html`<span class="meta" title=${words.confidenceHint}>${words.confidence} ${percent(one.confidence)}</span>`
        }
        <span class="verdict ${verdict}" title=${words.scoreHint}
          >${verdictShape(verdict)}<span class="figure">${score(one.score)}</span></span
        >
      </div>
      <div class="meta">
        ${one.defects.map(defectName).join(", ")} · ${words.severity[one.severity]} · ${words.lookedAt} ${one.region} ·
        ${words.doubt} ${score(one.doubt)}
      </div>
      <div class="scale" role="img" aria-label="${words.score} ${score(one.score)}">
        <div class="track">
          <div class="share" style=${styled({ width: `${100 * one.score}%` })}></div>
          <div class="doubt" style=${styled({ width: `${100 * one.doubt}%` })}></div>
        </div>
        ${
          one.reviewAt < one.rejectAt
            ? mark(one.reviewAt, words.reviewAt, one.rejectAt - one.reviewAt < 0.4 ? "end" : "")
            : nothing
        }
        ${mark(one.rejectAt, words.rejectAt, one.rejectAt > 0.8 ? "end" : one.rejectAt - one.reviewAt < 0.4 ? "start" : "")}
      </div>
      ${answer(found)}
      ${
        thought === undefined
          ? nothing
          : html`<details class="thought" ?open=${verdict !== "PASS"}>
              <summary>${words.thought(thought.tokens)}${words.thoughtEnded[thought.ended]}</summary>
              <p>${thought.text}</p>
            </details>`
      }
    </div>`;
  }
}

function mark(at: number, name: string, side: string) {
  return html`<div class="mark ${side}" style=${styled({ left: `calc(${100 * at}% - 1px)` })}>
    <span>${name} ${at.toFixed(2)}</span>
  </div>`;
}

function cause(row: Row) {
  return html`<div class="cause">
    <strong>${row.cause === null ? words.verdict.NOT_INSPECTED : causeName(row.cause)}</strong>${row.detail}
  </div>`;
}

function times(shown: Detail) {
  const totalMs = shown.row.latencyMs;
  const span = Math.max(totalMs, shown.taktMs ?? 0, 0.001);
  const named = shown.steps.reduce((sum, one) => sum + one.ms, 0);
  const steps = [
    ...shown.steps.map((one) => ({ name: words.step[one.step] ?? one.step, ms: one.ms })),
    { name: words.rest, ms: Math.max(0, totalMs - named) },
  ].filter((one) => one.ms > 0);
  let from = 0;
  const over = shown.taktMs !== null && totalMs > shown.taktMs;
  return html`<h3>${words.timings}</h3>
    <div class="times">
      ${
        shown.steps.length === 0
          ? nothing
          : steps.map((one) => {
              const line = html`<div class="time">
                <span>${one.name}</span>
                <span class="bar"><i style=${bar(from, one.ms, span)}></i></span>
                <span class="ms">${duration(one.ms)}</span>
              </div>`;
              from += one.ms;
              return line;
            })
      }
      <div class="time total ${over ? "over" : ""}">
        <span>${words.total}</span>
        <span class="bar"><i style=${bar(0, totalMs, span)}></i></span>
        <span class="ms">${over ? "▲ " : ""}${duration(totalMs)}</span>
      </div>
      ${shown.taktMs === null ? nothing : html`<div class="meta">${words.takt} ${duration(shown.taktMs)}</div>`}
    </div>`;
}

function bar(from: number, ms: number, span: number) {
  return styled({ left: `${(100 * from) / span}%`, width: `${(100 * ms) / span}%` });
}

function provenance(shown: Detail) {
  const { row, engine, recipe, outcome } = shown;
  const facts: [string, unknown][] = [
    [words.recipe, `${recipe.name} ${recipe.version}`],
    [words.verified, recipe.isVerified ? words.yes : words.no],
    [words.recipeHash, hash(recipe.hash)],
    [words.promptsHash, hash(shown.promptsHash)],
    [words.engine, engine.name],
    [words.engineHash, hash(engine.hash)],
    [words.precision, engine.precision],
    [words.runtime, engine.runtime],
    ...pictureHashes(shown),
    [words.column.id, count(row.id)],
    [words.trigger, count(row.trigger)],
    [words.attempt, count(shown.attempt)],
    [words.order, shown.order || none],
    [words.shift, shown.shift || none],
    [
      words.disposition,
      `${words.dispositions[outcome.disposition]}${outcome.detail === "" ? "" : ` (${outcome.detail})`}`,
    ],
    [words.published, shown.isPublished ? words.publishedYes : words.publishedNo],
    [words.simulated, row.isSimulated ? words.yes : words.no],
  ];
  return html`<h3>${words.provenance}</h3>
    <dl class="facts-grid">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`;
}

function pictureHashes(shown: Detail): [string, unknown][] {
  return shown.row.views.length === 0
    ? [[words.pictureHash, hash(shown.pixelsSha256)]]
    : shown.row.views
        .filter((one) => one.picture !== null)
        .map((one) => [`${words.pictureHash} ${one.view}`, hash(one.pixelsSha256)]);
}

function hash(value: string | null) {
  return html`<code title=${value ?? nothing}>${shortHash(value)}</code>`;
}

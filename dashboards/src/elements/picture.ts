import { LitElement, css, html, nothing, svg, unsafeCSS, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { styled } from "./styled.js";
import { defectName, score } from "../format.js";
import { fit, labelPlaces, onScreen, panBy, zoomAt, type Size, type View } from "../overlay.js";
import type { Finding, Verdict } from "../wire.js";
import { words } from "../words.js";
import { shared } from "./shared.js";

interface Shown {
  src: string;
  size: Size;
  findings: readonly Finding[];
  verdict: Verdict;
}

const labelHeight = 24;
const keyStep = 1.4;

const labelFont = "14px system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";
const ruler = document.createElement("canvas").getContext("2d");

/** How wide a label is in the page's font, its margins included, in CSS pixels. */
function labelWidth(name: string, figure: string): number {
  if (ruler === null) return 14 + 9 * (name.length + figure.length + 1);
  ruler.font = `600 ${labelFont}`;
  const bold = ruler.measureText(figure === "" ? name : `${name} `).width;
  ruler.font = labelFont;
  return Math.ceil(14 + bold + ruler.measureText(figure).width);
}

/**
 * A picture with the findings drawn over it by the browser; the archived picture stays clean.
 *
 * A new picture is loaded beside the old one and both picture and regions change together: regions never lie on another
 * part's picture.
 */
@customElement("goshawk-picture")
export class Picture extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        position: relative;
        overflow: hidden;
        background: var(--ground);
        border-radius: 4px;
        contain: strict;
      }
      .stage {
        position: absolute;
        inset: 0;
        overflow: hidden;
        touch-action: pan-y;
      }
      .stage.zoomable {
        cursor: grab;
        touch-action: none;
      }
      .stage.zoomable:active {
        cursor: grabbing;
      }
      img {
        position: absolute;
        display: block;
        max-width: none;
        user-select: none;
        -webkit-user-drag: none;
      }
      img.large {
        image-rendering: pixelated;
      }
      .overlay {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        pointer-events: none;
      }
      .halo {
        fill: none;
        stroke: rgb(0 0 0 / 75%);
        stroke-width: 5;
      }
      .edge {
        fill: none;
        stroke-width: 2.5;
        stroke: #fff;
      }
      .edge.REJECT {
        stroke: #ff6257;
      }
      .edge.REVIEW {
        stroke: #f6b63f;
        stroke-dasharray: 9 5;
      }
      .dim {
        opacity: 0.3;
      }
      .tag {
        fill: rgb(12 14 16 / 88%);
      }
      text {
        font: 600 ${unsafeCSS(labelFont)};
        fill: #fff;
      }
      text .figure {
        font-weight: 400;
        fill: #c9d0d7;
      }
      .none {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        color: var(--soft);
      }
    `,
  ];

  @property() src = "";
  @property({ attribute: false }) findings: readonly Finding[] = [];
  @property({ attribute: false }) verdict: Verdict = "PASS";
  @property({ type: Boolean }) overlay = true;
  @property({ type: Boolean }) zoomable = false;
  @property({ type: Boolean }) labels = true;
  /** Id of the prompt whose regions stand out; empty for all alike. */
  @property() highlight = "";

  @state() private shown: Shown | null = null;
  @state() private failed = false;
  @state() private viewport: Size = { width: 0, height: 0 };
  /** Null while the whole picture is shown. */
  @state() private moved: View | null = null;
  private drag: { id: number; x: number; y: number } | null = null;
  private readonly resized = new ResizeObserver((entries) => {
    const box = entries[0]?.contentRect;
    if (box) this.viewport = { width: box.width, height: box.height };
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("src")) void this.load();
    else if (
      this.shown !== null &&
      (changed.has("findings") || changed.has("verdict")) &&
      this.shown.src === this.src
    ) {
      this.shown = { ...this.shown, findings: this.findings, verdict: this.verdict };
    }
  }

  private async load(): Promise<void> {
    const { src, findings, verdict } = this;
    this.failed = false;
    if (src === "") {
      this.shown = null;
      return;
    }
    const image = new Image();
    image.src = src;
    try {
      await image.decode();
    } catch {
      if (this.src === src) {
        this.shown = null;
        this.failed = true;
      }
      return;
    }
    if (this.src !== src) return; // a newer one was asked for meanwhile
    const size = { width: image.naturalWidth, height: image.naturalHeight };
    if (this.shown?.size.width !== size.width || this.shown.size.height !== size.height) this.moved = null;
    this.shown = { src, size, findings, verdict };
  }

  zoom(direction: 1 | -1 | 0): void {
    if (this.shown === null) return;
    if (direction === 0) {
      this.moved = null;
      return;
    }
    const { width, height } = this.viewport;
    this.zoomTo(direction > 0 ? keyStep : 1 / keyStep, width / 2, height / 2);
  }

  private zoomTo(factor: number, x: number, y: number): void {
    if (this.shown === null) return;
    const whole = fit(this.shown.size, this.viewport);
    const next = zoomAt(this.moved ?? whole, factor, x, y, this.shown.size, this.viewport);
    this.moved = next.scale <= whole.scale ? null : next;
  }

  override render() {
    const shown = this.shown;
    if (shown === null) {
      const text = this.failed ? words.pictureMissing : this.src === "" ? words.noPicture : "";
      return html`<div class="none">${text}</div>`;
    }
    const view = this.moved ?? fit(shown.size, this.viewport);
    const place = {
      left: `${view.x}px`,
      top: `${view.y}px`,
      width: `${shown.size.width * view.scale}px`,
      height: `${shown.size.height * view.scale}px`,
    };
    return html`<div
      class="stage ${this.zoomable ? "zoomable" : ""}"
      @wheel=${this.zoomable ? this.wheel : nothing}
      @pointerdown=${this.zoomable ? this.grab : nothing}
      @pointermove=${this.zoomable ? this.dragTo : nothing}
      @pointerup=${this.letGo}
      @pointercancel=${this.letGo}
      @dblclick=${this.zoomable ? () => this.zoom(0) : nothing}
    >
      <img
        class=${view.scale > 3 ? "large" : ""}
        src=${shown.src}
        alt=${words.pictureOf(words.verdict[shown.verdict])}
        draggable="false"
        style=${styled(place)}
      />
      ${this.overlay && this.viewport.width > 0 ? this.regions(shown, view) : nothing}
    </div>`;
  }

  private regions(shown: Shown, view: View) {
    const frames = shown.findings.map((finding) => onScreen(finding.region, view));
    // A doubtful part is doubtful for its doubt: its low score beside the name would only mislead.
    const texts = shown.findings.map((finding) =>
      shown.verdict === "REJECT"
        ? { name: defectName(finding.defect), figure: score(finding.score) }
        : { name: `${defectName(finding.defect)}?`, figure: "" },
    );
    const sizes = texts.map((text) => ({
      width: labelWidth(text.name, text.figure),
      height: labelHeight,
    }));
    const places = labelPlaces(frames, sizes, this.viewport);
    return html`<svg class="overlay" aria-hidden="true">
      ${shown.findings.map((finding, i) => {
        const at = frames[i];
        if (at === undefined) return nothing;
        const dim = this.highlight !== "" && this.highlight !== finding.prompt;
        return svg`<g class=${ifDefined(dim ? "dim" : undefined)}>
          <rect class="halo" x=${at.x} y=${at.y} width=${at.width} height=${at.height} rx="2"/>
          <rect class="edge ${shown.verdict}" x=${at.x} y=${at.y} width=${at.width} height=${at.height} rx="2"/>
        </g>`;
      })}
      ${
        this.labels
          ? shown.findings.map((finding, i) => {
              const at = places[i];
              const text = texts[i];
              if (at === undefined || text === undefined) return nothing;
              const dim = this.highlight !== "" && this.highlight !== finding.prompt;
              return svg`<g class=${ifDefined(dim ? "dim" : undefined)}>
              <rect class="tag" x=${at.x} y=${at.y} width=${at.width} height=${at.height} rx="4"/>
              <text x=${at.x + 7} y=${at.y + 17}>${text.name} <tspan class="figure">${text.figure}</tspan></text>
            </g>`;
            })
          : nothing
      }
    </svg>`;
  }

  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const box = this.getBoundingClientRect();
    this.zoomTo(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  };

  private readonly grab = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.drag = { id: event.pointerId, x: event.clientX, y: event.clientY };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };

  private readonly dragTo = (event: PointerEvent): void => {
    if (this.drag === null || this.drag.id !== event.pointerId || this.moved === null || this.shown === null) return;
    this.moved = panBy(
      this.moved,
      event.clientX - this.drag.x,
      event.clientY - this.drag.y,
      this.shown.size,
      this.viewport,
    );
    this.drag = { id: event.pointerId, x: event.clientX, y: event.clientY };
  };

  private readonly letGo = (): void => {
    this.drag = null;
  };
}

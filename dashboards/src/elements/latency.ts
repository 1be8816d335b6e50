import { LitElement, css, html, unsafeCSS } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import uPlot from "uplot";
import uplotCss from "uplot/dist/uPlot.min.css?inline";
import { count, duration, percent } from "../format.js";
import { colour, themeChanged } from "../theme.js";
import type { Stats } from "../wire.js";
import { words } from "../words.js";
import { shared } from "./shared.js";

/** P50 and P99 against the takt, and the last parts as a line. */
@customElement("goshawk-latency")
export class Latency extends LitElement {
  static override styles = [
    unsafeCSS(uplotCss),
    shared,
    css`
      .figures {
        display: flex;
        gap: 10px;
        justify-content: space-between;
      }
      .figure {
        font-size: 26px;
        font-weight: 600;
        line-height: 1.15;
        white-space: nowrap;
      }
      .label {
        font-size: 13px;
        color: var(--soft);
        white-space: nowrap;
      }
      .over .figure {
        color: var(--reject);
      }
      .chart {
        flex: 1;
        min-height: 0;
        position: relative;
        margin-top: 8px;
        overflow: hidden;
      }
      .uplot {
        position: absolute;
        inset: 0;
        font-family: inherit;
      }
    `,
  ];

  @property({ attribute: false }) stats: Stats | null = null;
  @property({ type: Number }) taktMs = 0;
  @query(".chart") private chart!: HTMLElement;

  private plot: uPlot | null = null;
  private readonly resized = new ResizeObserver(() => this.draw());
  private readonly recolour = (): void => {
    this.plot?.destroy();
    this.plot = null;
    this.draw();
  };

  override firstUpdated(): void {
    this.resized.observe(this.chart);
    window.addEventListener(themeChanged, this.recolour);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
    window.removeEventListener(themeChanged, this.recolour);
    this.plot?.destroy();
    this.plot = null;
  }

  override updated(): void {
    this.draw();
  }

  override render() {
    const latency = this.stats?.latency;
    return html`<section class="panel">
      <div class="head">
        <h2>${words.latency}</h2>
        <span class="small soft">${latency ? words.latencyHint(count(latency.parts)) : ""}</span>
      </div>
      <div class="figures">
        ${this.figure("P50", latency?.p50Ms)} ${this.figure("P99", latency?.p99Ms)}
        <div>
          <div class="label">${words.takt}</div>
          <div class="figure soft">${this.taktMs > 0 ? duration(this.taktMs) : duration(null)}</div>
        </div>
      </div>
      <div class="chart" aria-hidden="true"></div>
    </section>`;
  }

  private figure(name: string, ms: number | null | undefined) {
    const known = ms !== null && ms !== undefined && this.taktMs > 0;
    const over = known && ms > this.taktMs;
    return html`<div class=${over ? "over" : ""}>
      <div class="label">
        ${name}${known ? html` · ${over ? `▲ ${words.overTakt}` : words.ofTakt(percent(ms / this.taktMs))}` : ""}
      </div>
      <div class="figure">${duration(ms)}</div>
    </div>`;
  }

  private draw(): void {
    if (!this.hasUpdated) return;
    const { clientWidth: width, clientHeight: height } = this.chart;
    if (width === 0 || height === 0) return;
    const recent = this.stats?.latency.recentMs ?? [];
    const data: uPlot.AlignedData = [recent.map((_, i) => i - recent.length + 1), recent];
    if (this.plot === null) {
      this.plot = new uPlot(this.options(width, height), data, this.chart);
    } else {
      if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
      this.plot.setData(data);
    }
  }

  private options(width: number, height: number): uPlot.Options {
    const soft = colour("--soft");
    const line = colour("--line");
    const font = "12px system-ui, 'DejaVu Sans', sans-serif";
    return {
      width,
      height,
      padding: [6, 6, 6, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false },
        // Takt belongs on the scale when the parts come near it; far below it the line would only be flat.
        y: { range: (_, _min, max) => [0, this.top(max)] },
      },
      axes: [
        { show: false },
        {
          stroke: soft,
          font,
          size: 62,
          gap: 6,
          space: 34,
          grid: { stroke: line, width: 1 },
          ticks: { show: false },
          values: (_, values) => values.map((value) => (value === 0 ? "0" : duration(value))),
        },
      ],
      series: [{}, { stroke: colour("--text"), width: 1.5, points: { show: false } }],
      hooks: {
        draw: [(plot) => this.drawTakt(plot)],
      },
    };
  }

  private top(max: number | null): number {
    const highest = max === null || !Number.isFinite(max) || max <= 0 ? 1 : max * 1.15;
    return this.taktMs > 0 && this.taktMs < highest * 3 ? Math.max(highest, this.taktMs * 1.1) : highest;
  }

  private drawTakt(plot: uPlot): void {
    if (this.taktMs <= 0 || this.taktMs > (plot.scales["y"]?.max ?? 0)) return;
    const y = Math.round(plot.valToPos(this.taktMs, "y", true));
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour("--review");
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillStyle = colour("--soft");
    ctx.font = `${12 * devicePixelRatio}px system-ui, 'DejaVu Sans', sans-serif`;
    ctx.textAlign = "right";
    ctx.textBaseline = "top";
    ctx.fillText(words.takt, bbox.left + bbox.width, y + 3 * devicePixelRatio);
    ctx.restore();
  }
}

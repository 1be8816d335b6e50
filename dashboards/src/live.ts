/** The stream of what happens, kept alive: an appliance that restarts is found again without a reload. */

import type { Row, Station } from "./wire.js";
import { silenceMs } from "./state.js";

export interface Listener {
  opened(): void;
  lost(): void;
  station(station: Station): void;
  inspected(row: Row): void;
}

/** Waits between attempts in milliseconds; the last one repeats. */
const waits = [500, 1_000, 2_000, 4_000];

/**
 * Opens `/api/live` and opens it again when it ends, fails or falls silent. The browser's own reconnecting is not enough:
 * it gives up on an HTTP error and never notices a cable that was pulled.
 */
export class LiveStream {
  private source: EventSource | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly listener: Listener,
    private readonly connect: () => EventSource = () => new EventSource("/api/live"),
  ) {}

  open(): void {
    if (this.closed) return;
    const source = this.connect();
    this.source = source;
    this.watch();
    source.addEventListener("open", () => {
      this.failures = 0;
      this.watch();
      this.listener.opened();
    });
    source.addEventListener("station", (event) => {
      this.watch();
      this.listener.station(JSON.parse(event.data) as Station);
    });
    source.addEventListener("inspection", (event) => {
      this.watch();
      this.listener.inspected(JSON.parse(event.data) as Row);
    });
    source.addEventListener("error", () => this.again());
  }

  close(): void {
    this.closed = true;
    this.drop();
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.again(), silenceMs);
  }

  private again(): void {
    this.drop();
    this.listener.lost();
    const wait = waits[Math.min(this.failures++, waits.length - 1)] ?? 4_000;
    this.retry = setTimeout(() => this.open(), wait);
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }
}

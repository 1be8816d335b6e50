import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveStream } from "./live.js";
import { silenceMs } from "./state.js";
import { row, station } from "./samples.js";

/** The browser's event source, told by the test what to say. */
class FakeSource {
  static opened: FakeSource[] = [];
  closed = false;
  private readonly listeners = new Map<string, (event: { data: string }) => void>();

  constructor() {
    FakeSource.opened.push(this);
  }

  addEventListener(name: string, hear: (event: { data: string }) => void): void {
    this.listeners.set(name, hear);
  }

  say(name: string, data: unknown = null): void {
    this.listeners.get(name)?.({ data: JSON.stringify(data) });
  }

  close(): void {
    this.closed = true;
  }
}

const heard: string[] = [];
let stream: LiveStream;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.opened = [];
  heard.length = 0;
  stream = new LiveStream(
    {
      opened: () => heard.push("opened"),
      lost: () => heard.push("lost"),
      station: (one) => heard.push(one.state),
      inspected: (one) => heard.push(one.part),
    },
    () => new FakeSource() as unknown as EventSource,
  );
  stream.open();
});

afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

const last = (): FakeSource => FakeSource.opened.at(-1)!;

it("passes on what the appliance says", () => {
  last().say("open");
  last().say("station", station());
  last().say("inspection", row(7));
  expect(heard).toEqual(["opened", "RUNNING", "P7"]);
});

it("opens again after an error, slower each time, and at once again after a success", () => {
  for (const wait of [500, 1_000, 2_000, 4_000, 4_000]) {
    const before = FakeSource.opened.length;
    last().say("error");
    vi.advanceTimersByTime(wait - 1);
    expect(FakeSource.opened.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(FakeSource.opened.length).toBe(before + 1);
  }
  last().say("open");
  last().say("error");
  const before = FakeSource.opened.length;
  vi.advanceTimersByTime(500);
  expect(FakeSource.opened.length).toBe(before + 1);
});

it("takes silence for a loss, though nothing failed", () => {
  last().say("open");
  vi.advanceTimersByTime(silenceMs - 1);
  last().say("station", station());
  vi.advanceTimersByTime(silenceMs - 1);
  expect(heard).not.toContain("lost");
  const silent = last();
  vi.advanceTimersByTime(1);
  expect(heard.at(-1)).toBe("lost");
  expect(silent.closed).toBe(true);
});

it("leaves nothing running when it is closed", () => {
  last().say("error");
  stream.close();
  vi.advanceTimersByTime(60_000);
  expect(FakeSource.opened.length).toBe(1);
});

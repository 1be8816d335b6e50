import { describe, expect, it } from "vitest";
import { fit, labelPlace, labelPlaces, onScreen, panBy, zoomAt, type Size, type View } from "./overlay.js";

const picture: Size = { width: 640, height: 480 };
const viewport: Size = { width: 1000, height: 480 };

/** Where a point of the picture lies on the screen. */
function at(view: View, x: number, y: number) {
  return { x: view.x + x * view.scale, y: view.y + y * view.scale };
}

describe("fit", () => {
  it("centres what is narrower than the viewport", () => {
    expect(fit(picture, viewport)).toEqual({ scale: 1, x: 180, y: 0 });
  });
  it("keeps the shape when the height decides", () => {
    expect(fit(picture, { width: 640, height: 240 })).toEqual({ scale: 0.5, x: 160, y: 0 });
  });
  it("answers something harmless before the picture or the viewport is known", () => {
    expect(fit({ width: 0, height: 0 }, viewport).scale).toBe(1);
    expect(fit(picture, { width: 0, height: 0 }).scale).toBe(1);
  });
});

describe("zooming", () => {
  it("keeps what is under the pointer under the pointer", () => {
    const near = zoomAt(fit(picture, viewport), 3, 500, 240, picture, viewport);
    const further = zoomAt(near, 2, 600, 100, picture, viewport);
    const x = (600 - near.x) / near.scale;
    const y = (100 - near.y) / near.scale;
    expect(at(further, x, y).x).toBeCloseTo(600, 6);
    expect(at(further, x, y).y).toBeCloseTo(100, 6);
  });
  it("never gets smaller than the whole picture", () => {
    expect(zoomAt(fit(picture, viewport), 0.1, 0, 0, picture, viewport)).toEqual(fit(picture, viewport));
  });
  it("stops where a pixel is plain to see", () => {
    expect(zoomAt(fit(picture, viewport), 1e6, 500, 240, picture, viewport).scale).toBe(24);
  });
  it("shows no border while panning a magnified picture", () => {
    const near = zoomAt(fit(picture, viewport), 4, 500, 240, picture, viewport);
    const right = panBy(near, 1e6, 1e6, picture, viewport);
    expect(right).toMatchObject({ x: 0, y: 0 });
    const left = panBy(near, -1e6, -1e6, picture, viewport);
    expect(left.x + picture.width * left.scale).toBeCloseTo(viewport.width, 6);
    expect(left.y + picture.height * left.scale).toBeCloseTo(viewport.height, 6);
  });
});

describe("a region on the screen", () => {
  it("lies where its pixels lie", () => {
    const view = fit(picture, viewport);
    expect(onScreen([100, 50, 200, 90], view)).toEqual({ x: 280, y: 50, width: 100, height: 40 });
  });
  it("stays visible when it is a hair, and stays centred on it", () => {
    const frame = onScreen([100, 50, 101, 52], { scale: 0.5, x: 0, y: 0 });
    expect(frame).toEqual({ x: 50.25 - 4, y: 25.5 - 4, width: 8, height: 8 });
  });
});

describe("a label", () => {
  const label: Size = { width: 120, height: 24 };
  it("stands above its frame", () => {
    expect(labelPlace({ x: 300, y: 100, width: 50, height: 50 }, label, viewport)).toMatchObject({ x: 300, y: 73 });
  });
  it("goes below at the top edge", () => {
    expect(labelPlace({ x: 300, y: 5, width: 50, height: 50 }, label, viewport).y).toBe(58);
  });
  it("goes inside when the frame fills the picture", () => {
    expect(labelPlace({ x: 0, y: 0, width: 1000, height: 480 }, label, viewport).y).toBe(3);
  });
  it("never leaves the viewport sideways", () => {
    expect(labelPlace({ x: 970, y: 100, width: 20, height: 20 }, label, viewport).x).toBe(880);
    expect(labelPlace({ x: -30, y: 100, width: 20, height: 20 }, label, viewport).x).toBe(0);
  });
  it("makes way for the label before it", () => {
    const frame = { x: 300, y: 100, width: 50, height: 50 };
    const [first, second] = labelPlaces([frame, { ...frame, x: 310 }], [label, label], viewport);
    expect(first?.y).toBe(73);
    expect(Math.abs((second?.y ?? 0) - 73)).toBeGreaterThanOrEqual(24);
  });
});

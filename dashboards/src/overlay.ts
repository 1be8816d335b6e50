/** Where things of a picture lie on the screen. Pure geometry: picture pixels in, CSS pixels out. */

import type { Region } from "./wire.js";

export interface Size {
  width: number;
  height: number;
}

export interface Rectangle extends Size {
  x: number;
  y: number;
}

/** The picture's top left corner in the viewport, and CSS pixels per picture pixel. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

/** Screen pixels per picture pixel beyond which magnifying shows nothing new. */
const maximumScale = 24;

/** The whole picture, centred, as large as it goes. */
export function fit(picture: Size, viewport: Size): View {
  if (picture.width <= 0 || picture.height <= 0 || viewport.width <= 0 || viewport.height <= 0) {
    return { scale: 1, x: 0, y: 0 };
  }
  const scale = Math.min(viewport.width / picture.width, viewport.height / picture.height);
  return {
    scale,
    x: (viewport.width - picture.width * scale) / 2,
    y: (viewport.height - picture.height * scale) / 2,
  };
}

/** Magnifies by `factor` and keeps what is under the point (viewport coordinates) under it. */
export function zoomAt(view: View, factor: number, px: number, py: number, picture: Size, viewport: Size): View {
  const smallest = fit(picture, viewport).scale;
  const scale = Math.min(Math.max(view.scale * factor, smallest), Math.max(maximumScale, smallest));
  const real = scale / view.scale;
  return clampTo({ scale, x: px - (px - view.x) * real, y: py - (py - view.y) * real }, picture, viewport);
}

export function panBy(view: View, dx: number, dy: number, picture: Size, viewport: Size): View {
  return clampTo({ scale: view.scale, x: view.x + dx, y: view.y + dy }, picture, viewport);
}

/** No empty border while the picture is larger than the viewport; centred where it is smaller. */
function clampTo(view: View, picture: Size, viewport: Size): View {
  return {
    scale: view.scale,
    x: clampAxis(view.x, picture.width * view.scale, viewport.width),
    y: clampAxis(view.y, picture.height * view.scale, viewport.height),
  };
}

function clampAxis(at: number, length: number, room: number): number {
  if (length <= room) return (room - length) / 2;
  return Math.min(0, Math.max(room - length, at));
}

/** A region on the screen; never thinner than `least` CSS pixels, so that a hair crack still has a frame to see. */
export function onScreen(region: Region, view: View, least = 8): Rectangle {
  const [left, top, right, bottom] = region;
  const width = Math.max((right - left) * view.scale, least);
  const height = Math.max((bottom - top) * view.scale, least);
  return {
    x: view.x + ((left + right) / 2) * view.scale - width / 2,
    y: view.y + ((top + bottom) / 2) * view.scale - height / 2,
    width,
    height,
  };
}

/**
 * Where a label goes: above its frame, below where there is no room, inside at the top where there is neither; never out
 * of the viewport's sides.
 */
export function labelPlace(frame: Rectangle, label: Size, viewport: Size, gap = 3): Rectangle {
  const above = frame.y - gap - label.height;
  const below = frame.y + frame.height + gap;
  let y = above;
  if (above < 0) y = below + label.height <= viewport.height ? below : Math.max(0, frame.y + gap);
  const x = Math.max(0, Math.min(frame.x, viewport.width - label.width));
  return { x, y, width: label.width, height: label.height };
}

/** Labels in order, each moved down or up until it covers no earlier one (a crowded picture may still overlap). */
export function labelPlaces(frames: Rectangle[], labels: Size[], viewport: Size): Rectangle[] {
  const placed: Rectangle[] = [];
  frames.forEach((frame, i) => {
    const label = labels[i] ?? { width: 0, height: 0 };
    const first = labelPlace(frame, label, viewport);
    const step = label.height + 2;
    const candidates = [0, -1, 1, -2, 2, -3, 3].map((n) => ({ ...first, y: first.y + n * step }));
    const free = candidates.find(
      (at) => at.y >= 0 && at.y + at.height <= viewport.height && !placed.some((other) => overlap(at, other)),
    );
    placed.push(free ?? first);
  });
  return placed;
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

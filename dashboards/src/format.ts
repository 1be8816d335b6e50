/** Numbers, times and names as an operator reads them. */

import { words } from "./words.js";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const none = "–";

export function count(n: number | null | undefined): string {
  return n === null || n === undefined ? none : whole.format(n);
}

/**
 * A share as a percentage. Never rounds up to 100 % or down to 0 %: one reject in 10,000 parts must not read as none.
 */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return none;
  if (share >= 1) return "100 %";
  if (share <= 0) return "0 %";
  const tenths = Math.min(999, Math.max(1, Math.round(share * 1000)));
  return `${(tenths / 10).toFixed(1)} %`;
}

/** Milliseconds with three figures that mean something: 4.2 ms, 87 ms, 1.25 s. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return none;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** How long ago, coarser the longer: 0.4 s, 12 s, 3 min, 2 h 5 min, 4 d. */
export function age(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return none;
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 59.5) return `${Math.round(s)} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  return `${Math.floor(h / 24)} d`;
}

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return none;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = n;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** The station's wall clock to the second, in the browser's zone. */
export function clock(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? none : `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function day(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? none : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function dayAndClock(iso: string): string {
  return day(iso) === none ? none : `${day(iso)} ${clock(iso)}`;
}

/** Cohen's or Fleiss' kappa; a dash where it is not defined. */
export function kappa(value: number | null): string {
  return value === null ? none : value.toFixed(2);
}

export function hour(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? none : two(at.getHours());
}

/** A code such as `missing_bolt` in words: the translation where there is one, else the code made readable. */
export function defectName(code: string): string {
  const known = (words.defects as Record<string, string>)[code];
  if (known !== undefined) return known;
  const text = code.replaceAll("_", " ").trim();
  return text === "" ? none : text.charAt(0).toUpperCase() + text.slice(1);
}

export function causeName(code: string): string {
  return (words.causes as Record<string, string>)[code] ?? defectName(code.toLowerCase());
}

/** The first figures of a hash, enough to compare by eye. */
export function shortHash(hash: string | null): string {
  return hash === null || hash === "" ? none : hash.slice(0, 12);
}

export function score(value: number): string {
  if (value > 0 && value < 0.001) return "< 0.001";
  if (value < 1 && value > 0.999) return "> 0.999";
  return value.toFixed(3);
}

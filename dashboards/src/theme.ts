/** Dark or light: the operator's choice, else what the system asks for. */

export type Theme = "dark" | "light";

const key = "goshawk-theme";

/** Fired on `window` when the theme changed: canvases must be drawn anew. */
export const themeChanged = "goshawk-theme-changed";

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(key);
    return value === "dark" || value === "light" ? value : null;
  } catch {
    return null; // a browser that keeps nothing
  }
}

export function theme(): Theme {
  const asked = new URLSearchParams(location.search).get("theme");
  if (asked === "dark" || asked === "light") return asked;
  return stored() ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = theme();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => show(theme()));
}

export function toggleTheme(): void {
  const next: Theme = document.documentElement.dataset["theme"] === "light" ? "dark" : "light";
  try {
    localStorage.setItem(key, next);
  } catch {
    // shown all the same, forgotten with the page
  }
  show(next);
}

function show(next: Theme): void {
  document.documentElement.dataset["theme"] = next;
  window.dispatchEvent(new Event(themeChanged));
}

/** A colour of the page as the canvas wants it. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

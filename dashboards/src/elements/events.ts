/** What elements tell the page; the page alone decides what happens then. */
export interface Events {
  "inspection-open": number;
  "inspection-close": null;
  "hold-toggle": null;
  "overlay-toggle": null;
  "window-choose": number;
}

/** Sends an event up through the shadow trees. */
export function emit<K extends keyof Events>(from: EventTarget, name: K, detail: Events[K]): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

import { noChange } from "lit";
import { Directive, PartType, directive, type AttributePart, type PartInfo } from "lit/directive.js";

/**
 * Sets properties of an element's style one by one. Lit's own `styleMap` writes a style attribute first, which the page's
 * Content-Security-Policy forbids, as it forbids any style that came with the markup.
 */
class StyledDirective extends Directive {
  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ATTRIBUTE || part.name !== "style") throw new Error("styled() belongs in style=");
  }

  override render(_properties: Record<string, string>) {
    return noChange;
  }

  override update(part: AttributePart, [properties]: [Record<string, string>]) {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(properties)) style.setProperty(name, value);
    return noChange;
  }
}

export const styled = directive(StyledDirective);

/// <reference lib="dom" />
/** Finds what the server has put on the page. */

/**
 * An element that every page with this script has.
 *
 * @throws {Error} When the page has none of this kind: the server and the script do not belong together.
 */
export function elementOf<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  return ofKind(document.getElementById(id), kind, `#${id}`);
}

/** The first one below `root`. @throws {Error} When there is none of this kind */
export function partBelow<Kind extends Element>(root: ParentNode, selector: string, kind: new () => Kind): Kind {
  return ofKind(root.querySelector(selector), kind, selector);
}

/** A text field of the form without the blanks around it, "" when there is none. */
export function fieldText(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value.trim() : "";
}

function ofKind<Kind extends Element>(found: Element | null, kind: new () => Kind, what: string): Kind {
  if (found instanceof kind) return found;
  throw new Error(`Cannot find ${what} on this page`);
}

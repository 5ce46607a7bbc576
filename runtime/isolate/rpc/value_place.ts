/** Where in a value something stands that cannot cross, and how that is told. */
import { getMember, NativeDOMException } from "../../protocol/primordials.ts";

/** Where in the whole something stands, for messages. */
export interface ValuePlace {
  readonly key: string | number;
  readonly above: ValuePlace | null;
}

/** Why other values do not cross. */
export const CROSSES = "what crosses is what structured clone takes, Headers, Request, Response and a ReadableStream";

/** @param place null where the whole is meant @throws {DOMException} DataCloneError */
export function refuse(what: string, place: ValuePlace | null, why: string): never {
  const where = place === null ? "" : ` (${pathOf(place)})`;
  throw new NativeDOMException(`Could not serialize ${what}${where}: ${why}`, "DataCloneError");
}

/** As one would write it: `arguments[0].user`. */
function pathOf({ key, above }: ValuePlace): string {
  if (above === null) return `${key}`;
  return typeof key === "number" ? `${pathOf(above)}[${key}]` : `${pathOf(above)}.${key}`;
}

/** A member of an error as a text. */
export function textElse(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

/** Name of an object's class, for messages. */
export function typeName(value: object): string {
  const constructor = getMember(value, "constructor");
  const name = typeof constructor === "function" ? getMember(constructor, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "Object";
}

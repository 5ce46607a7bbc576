/** Puts a guard where a native stands, so that it looks like it. */
import { bare } from "../../protocol/bare.ts";
import { defineMember, defineProperty } from "../../protocol/primordials.ts";

/** @param guarded takes the name and the length of what stands there @boot */
export function putInPlace(holder: object, key: PropertyKey, guarded: (...given: never[]) => unknown): void {
  const { name, length } =
    (holder as Readonly<Record<PropertyKey, { readonly name: string; readonly length: number }>>)[key]!;
  defineProperty(guarded, "name", bare({ value: name, configurable: true }));
  defineProperty(guarded, "length", bare({ value: length, configurable: true }));
  defineMember(holder, key, guarded);
}

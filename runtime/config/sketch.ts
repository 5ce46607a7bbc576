/** A document of which the mistaken parts were taken out: every part may be missing. */

/** `T` with nothing required at any depth. */
export type Sketch<T> = T extends string | number | boolean | null | undefined ? T
  : T extends readonly (infer U)[] ? readonly (Sketch<U> | undefined)[]
  : { readonly [K in keyof T]?: Sketch<T[K]> | undefined };

/** The text values of a key that takes one or a list, each with where it stands. */
export function textsOf(
  value: string | readonly (string | undefined)[] | undefined,
): readonly { readonly text: string; readonly path: readonly number[] }[] {
  if (typeof value === "string") return [{ text: value, path: [] }];
  const texts = (value ?? []).map((text, index) => ({ text, path: [index] }));
  return texts.filter((one): one is { text: string; path: number[] } => one.text !== undefined);
}

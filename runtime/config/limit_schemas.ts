/** The limits of the table as keys of the schema of nano.json. */
import type { z } from "zod";
import type { Limit } from "./limits.ts";
import { whole } from "./written_value.ts";

/** A key for each limit of a table, all of them optional. */
export type LimitShape<Key extends string> = { readonly [K in Key]: z.ZodOptional<z.ZodInt> };

/** The keys of a table of limits, each with its bounds, its text and its default for editors. */
export function limitShape<Key extends string>(table: Readonly<Record<Key, Limit>>): LimitShape<Key> {
  const entries = Object.entries<Limit>(table).map(([key, { unit, min, max, help, default: preset }]) => [
    key,
    whole(unit, min, max).optional().meta({
      description: help,
      // What follows another key says so in its text: an editor would take it for a number of its own.
      ...(typeof preset === "number" ? { default: preset } : {}),
    }),
  ]);
  return Object.fromEntries(entries);
}

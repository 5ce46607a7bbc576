/** What the descriptions of the routes have in common. */
import { z } from "@hono/zod-openapi";
import { problemSchema } from "../schemas/host_schemas.ts";

/**
 * Errors that every route may answer with; for the document only. By type they are no answers, since the client throws
 * them: its methods return what a route answers when all went well.
 */
export const problems: Record<never, never> = {
  "4XX": { description: "Refused", content: { "application/problem+json": { schema: problemSchema } } },
  "5XX": { description: "NANO or the app failed", content: { "application/problem+json": { schema: problemSchema } } },
};

/** A JSON answer. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } } as const;
}

/** A JSON body. */
export function jsonContent<T extends z.ZodType>(schema: T) {
  return { required: true, content: { "application/json": { schema } } } as const;
}

/** Bytes of any kind. */
export function bytes(description: string) {
  return {
    description,
    content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
  } as const;
}

/** Server-sent events. */
export function events(description: string) {
  return { description, content: { "text/event-stream": { schema: { type: "string" } } } } as const;
}

/** Of a change of one app. */
export const ifMatchHeader = z.object({
  "if-match": z.string().optional().meta({
    description: "Tag that the app must still have, as in `ETag` and `tag`; else 412.",
    examples: ['"3f2a9c"'],
  }),
});

/** A switch: `1` or `true`; empty, `0` and `false` are off. */
export function flag(description: string) {
  return z.enum(["", "0", "1", "false", "true"], "expected 1 or 0").optional().meta({ description });
}

/** Whether a {@linkcode flag} is on. */
export function isOn(value: string | undefined): boolean {
  return value === "1" || value === "true";
}

/** A whole number within bounds (both included); empty counts as not given. */
export function wholeNumberQuery(min: number, max: number, description: string) {
  const rule = `expected a whole number from ${min} to ${max}`;
  return z.string(rule)
    .refine((text) => text === "" || (/^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max), rule)
    .optional().meta({ description });
}

/** The number of a {@linkcode wholeNumberQuery}. */
export function givenNumber<T extends number | null>(text: string | undefined, otherwise: T): number | T {
  return text === undefined || text === "" ? otherwise : Number(text);
}

/** A text; empty counts as not given. */
export function givenText(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

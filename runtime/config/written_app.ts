/** An app as the admin API takes it: a whole entry of `apps`, or a patch of one; all mistakes at once. */
import { z } from "zod";
import { NanoError } from "../errors.ts";
import { appName, appSchema, type WrittenApp } from "./app_schema.ts";
import { Mistakes } from "./mistakes.ts";
import { section } from "./written_value.ts";

const { name: _name, env: envSchema, ...patchable } = appSchema.shape;
const { hostname } = appSchema.shape;
const variables = envSchema.unwrap();

/** An entry of `apps` that may leave its name to its host, and so must have one. */
export const newAppSchema = section({
  ...appSchema.shape,
  name: appName.optional().meta({
    description: "Unique name of the app. Default: made from the first host.",
  }),
  hostname: hostname.unwrap().meta({
    description: "One host or a list: exact, or `*.example.com` for any host one or more labels below it.",
  }),
}, 'an object with "hostname" and "path"').meta({
  id: "NewApp",
  description: "An app, as in `apps[]` of nano.json.",
  examples: [{ name: "blog", hostname: "blog.example.com", path: "/srv/blog", env: { GREETING: "hello" } }],
});

/** A change of an app as JSON Merge Patch (RFC 7396): `null` takes a key away. Names stay. */
export const appPatchSchema = section({
  ...nullable(patchable),
  env: z.record(variables.keyType, variables.valueType.nullable(), 'expected an object such as { "NAME": "text" }')
    .nullish().meta({ description: "Variables that change; `null` takes one away." }),
}, "an object with keys of an app").meta({
  id: "AppPatch",
  description: "Keys of an app that change, as JSON Merge Patch (RFC 7396): `null` takes a key away.",
  examples: [{ memory_mb: 256, env: { GREETING: null, MODE: "quiet" } }],
});

/** An app to add, as it is written. */
export type NewApp = Omit<WrittenApp, "name" | "hostname"> & {
  name?: string | undefined;
  hostname: NonNullable<WrittenApp["hostname"]>;
};

/** A change of an app, as it is written. */
export type AppPatch =
  & { [K in Exclude<keyof WrittenApp, "name" | "env">]?: WrittenApp[K] | null }
  & { env?: { [name: string]: NonNullable<WrittenApp["env"]>[string] | null } | null | undefined };

/**
 * The error for an entry or a patch that one of the schemas refused, in the words of a refused nano.json.
 *
 * @param what as `add an app`
 * @param issues of the schema
 * @param document what was refused
 */
export function writtenAppError(what: string, issues: readonly z.core.$ZodIssue[], document: unknown): NanoError {
  const mistakes = new Mistakes();
  // As an entry of `apps`, since that is where a mistake knows what may be a secret.
  const placed = issues.map((issue) => ({ ...issue, path: ["apps", 0, ...issue.path] }));
  mistakes.addIssues(placed, { apps: [document] });
  try {
    mistakes.throwIfAny("");
  } catch (error) {
    if (!(error instanceof NanoError)) throw error;
    const details = error.details.map((line) =>
      line.replace(/^apps\[0\]\.?/, "").replace(/^(?=\[| is )/, "The document")
    );
    const more = details.length > 1 ? ` (and ${details.length - 1} more)` : "";
    return new NanoError("CONFIG_INVALID", `Cannot ${what}: ${details[0]}${more}`, { details });
  }
  return new NanoError("CONFIG_INVALID", `Cannot ${what}: it was refused`);
}

type Nullish<T extends z.ZodRawShape> = { [K in keyof T]: z.ZodOptional<z.ZodNullable<T[K]>> };

function nullable<T extends z.ZodRawShape>(shape: T): Nullish<T> {
  const entries = Object.entries(shape).map(([key, schema]) => {
    const { default: _default, ...meta } = (schema as z.ZodType).meta() ?? {};
    return [key, (schema as z.ZodType).nullish().meta(meta)];
  });
  return Object.fromEntries(entries) as Nullish<T>;
}

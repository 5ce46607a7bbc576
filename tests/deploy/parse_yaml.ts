/** Reads YAML files of the repo, with the parser that @hono/zod-openapi brings along: no dependency of our own. */
import { createRequire } from "node:module";
import { REPO } from "../support/repo.ts";

const parser = ["@asteasolutions/zod-to-openapi", "openapi3-ts/oas31"].reduce(
  (require, name) => createRequire(require.resolve(name)),
  createRequire(import.meta.resolve("@hono/zod-openapi")),
)("yaml");

/** A value of a document, as deep as a test looks into it. */
// deno-lint-ignore no-explicit-any
export type Yaml = any;

/**
 * The one document of a text.
 * @throws Error when it is no YAML, or has a key twice
 */
export function parseYaml(text: string): Yaml {
  return parser.parse(text, { strict: true, uniqueKeys: true });
}

/** The document of a file, by its path from the repo's root. */
export async function readYaml(path: string): Promise<Yaml> {
  return parseYaml(await Deno.readTextFile(new URL(path, REPO)));
}

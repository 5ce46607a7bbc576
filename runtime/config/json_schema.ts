/** The JSON Schema of nano.json, for editors. */
import { z } from "zod";
import { configSchema } from "./schema.ts";

/**
 * Builds the JSON Schema (draft 2020-12) of nano.json as it is written.
 *
 * @example
 * ```ts
 * import { configJsonSchema } from "./json_schema.ts";
 * configJsonSchema()["title"]; // "nano.json"
 * ```
 */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: "input" });
  const description = "Configuration of a NANO host and its apps.";
  // What editors go by, who take a file of this name for strict JSON.
  const comments = { allowComments: true, allowTrailingCommas: true };
  return { $schema, title: "nano.json", description, ...comments, ...schema };
}

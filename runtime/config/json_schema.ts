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
  return { $schema, title: "nano.json", description: "Configuration of a NANO host and its apps.", ...schema };
}

/** The JSON Schema for editors: up to date in docs/, and complete. */
import { assert, assertEquals } from "@std/assert";
import { APP_DEFAULTS, CONFIG_DEFAULTS } from "../../../runtime/config/defaults.ts";
import { configJsonSchema } from "../../../runtime/config/json_schema.ts";

const FILE = new URL("../../../docs/nano.schema.json", import.meta.url);
const REFRESH = "NANO_UPDATE=1 deno test -A tests/unit/config/json_schema_test.ts";

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

Deno.test("docs/nano.schema.json is what the schema of nano.json says", async () => {
  const expected = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  if (Deno.env.get("NANO_UPDATE") === "1") await Deno.writeTextFile(FILE, expected);
  const written = await Deno.readTextFile(FILE).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  assert(written === expected, `docs/nano.schema.json is out of date; refresh it with: ${REFRESH}`);
});

Deno.test("Every key of nano.json has a description, and no object takes unknown keys", () => {
  const bare: string[] = [];
  const open: string[] = [];
  const visit = (node: Node, path: string) => {
    if (node.properties !== undefined && node.additionalProperties !== false) open.push(path);
    for (const [key, inner] of Object.entries(node.properties ?? {})) {
      if (!inner.description) bare.push(`${path}.${key}`);
      visit(inner, `${path}.${key}`);
    }
    for (const inner of [node.items, ...node.anyOf ?? []]) if (inner !== undefined) visit(inner, path);
  };
  visit(configJsonSchema() as Node, "");
  assertEquals({ bare, open }, { bare: [], open: [] });
});

Deno.test("The defaults that editors show are the ones that apply", () => {
  const { properties } = configJsonSchema() as Node;
  const app = properties!["apps"]!.items!.properties!;
  for (const [key, value] of Object.entries(APP_DEFAULTS)) {
    assertEquals([key, app[key]?.default], [key, value]);
    assertEquals([key, properties!["defaults"]!.properties![key]?.default], [key, value]);
  }
  const { log, install, fleet, ...others } = CONFIG_DEFAULTS;
  for (const [key, value] of Object.entries(others)) assertEquals([key, properties![key]?.default], [key, value]);
  for (const [section, keys] of Object.entries({ log, install, fleet })) {
    for (const [key, value] of Object.entries(keys)) {
      assertEquals([key, properties![section]!.properties![key]?.default], [key, value]);
    }
  }
});

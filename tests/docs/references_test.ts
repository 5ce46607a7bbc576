/** The generated pages hold everything that they are made of, and the sidebar leads to every page. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SIDEBAR } from "../../docs/site/sidebar.mjs";
import { commandDocs } from "../../admin/cli/command_index.ts";
import { ratioPlot } from "../../docs/scripts/benchmark_plots.ts";
import { composeSite } from "../../docs/scripts/compose_site.ts";
import { decisionPage } from "../../docs/scripts/decision_pages.ts";
import { partsOf } from "../../docs/scripts/layers_page.ts";
import { readExports } from "../../docs/scripts/library_reference.ts";
import { logEvents } from "../../docs/scripts/log_reference.ts";
import { fence, table } from "../../docs/scripts/markdown.ts";
import { metricRows } from "../../docs/scripts/metrics_reference.ts";
import { adminOpenApi } from "../../docs/scripts/openapi_reference.ts";
import { configJsonSchema } from "../../runtime/config/json_schema.ts";
import { ERROR_CODES } from "../../mod.ts";
import { sourceFiles } from "../support/repo.ts";

const site = await composeSite();

function textOf(path: string): string {
  const text = site.get(path);
  assert(text !== undefined, `there is no page "${path}"`);
  return text;
}

Deno.test("The reference names every key of nano.json, every code, command and option", async () => {
  const config = textOf("reference/nano-json.md");
  for (const name of namesIn(configJsonSchema())) assertStringIncludes(config, `| \`${name}\` |`);
  for (const code of Object.keys(ERROR_CODES)) assertStringIncludes(textOf("reference/error-codes.md"), `\`${code}\``);
  const commands = textOf("reference/command-line.md");
  for (const { name, options } of await commandDocs()) {
    assertStringIncludes(commands, `## nano ${name}\n`);
    for (const option of options.filter(({ hidden }) => hidden !== true)) {
      assertStringIncludes(commands, `--${option.name}`);
    }
  }
});

Deno.test("The reference names every request of the admin API, with schemas that exist", () => {
  const text = textOf("reference/admin-api.md");
  const { paths } = adminOpenApi();
  assert(Object.keys(paths).length > 15);
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) assertStringIncludes(text, `### \`${method.toUpperCase()} ${path}\``);
  }
  const headings = new Set([...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!.toLowerCase()));
  for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) assert(headings.has(anchor!), anchor);
});

Deno.test("The reference names every metric and every event of the log that the contract fixes", async () => {
  const metrics = textOf("reference/metrics.md");
  for (
    const [name, labels] of [
      ["nano_requests_total", "`app` `method` `status` `end`"],
      ["nano_request_duration_seconds", "`app`"],
      ["nano_app_state", "`app` `state`"],
      ["nano_isolate_restarts_total", "`app` `reason`"],
      ["nano_config_last_reload_successful", ""],
    ] as const
  ) assert(new RegExp(`\\| \`${name}\` \\| \\w+ \\| ${labels} ?\\|`).test(metrics), name);
  const events = await logEvents();
  const request = events.find(({ name }) => name === "request");
  assertEquals(request?.fields.slice(0, 5), ["app", "method", "path", "status", "bytes"]);
  for (const { name } of events) assertStringIncludes(textOf("reference/log-events.md"), `| \`${name}\` |`);
  assert(!events.some(({ name }) => name === "app_state"), "what is never logged is no event of the log");
});

Deno.test("The library page shows every export of mod.ts, and no private member", () => {
  const text = textOf("reference/library.md");
  for (const name of ["Nano", "NanoError", "loadConfig", "ERROR_CODES", "NanoConfig", "ExitReason"]) {
    assertStringIncludes(text, `### ${name}\n`);
  }
  assert(!text.includes("private constructor"));
  assertThrows(() => readExports("Defined in x:1\n\nenum Strange\n"), Error, 'Cannot place the export "enum Strange"');
});

Deno.test("Every page is in the sidebar, and the sidebar has no page that does not exist", () => {
  const listed = new Set<string>();
  const folders: string[] = [];
  const walk = (items: readonly SidebarItem[]) => {
    for (const item of items) {
      if (typeof item === "string") listed.add(item);
      else if (item.autogenerate !== undefined) folders.push(item.autogenerate.directory);
      else walk(item.items ?? []);
    }
  };
  walk(SIDEBAR);
  const slugs = [...site.keys()].map((path) => path.replace(/\.md$/, "")).filter((slug) =>
    slug !== "404" && slug !== "index"
  );
  const isListed = (slug: string) => listed.has(slug) || folders.some((folder) => slug.startsWith(`${folder}/`));
  assertEquals(slugs.filter((slug) => !isListed(slug)), []);
  assertEquals([...listed].filter((slug) => !slugs.includes(slug)), []);
});

Deno.test("partsOf() stacks parts by their imports and refuses a circle", () => {
  const graph = new Map([
    ["mod.ts", ["runtime/nano.ts"]],
    ["runtime/nano.ts", ["runtime/isolate/load_app.ts", "runtime/http/server.ts", "runtime/errors.ts"]],
    ["runtime/isolate/load_app.ts", ["runtime/isolate/traffic/request.ts"]],
    ["runtime/isolate/traffic/request.ts", ["runtime/errors.ts"]],
    ["runtime/http/server.ts", ["runtime/http/router.ts", "runtime/errors.ts"]],
    ["runtime/http/router.ts", []],
    ["runtime/errors.ts", []],
  ]);
  assertEquals(partsOf(graph).map(({ name, level, files }) => [name, level, files]), [
    ["mod.ts", 4, 1],
    ["runtime/nano.ts", 3, 1],
    ["runtime/isolate/", 2, 1],
    ["runtime/http/", 1, 2],
    ["runtime/isolate/traffic/", 1, 1],
    ["runtime/errors.ts", 0, 1],
  ]);
  graph.set("runtime/errors.ts", ["mod.ts"]);
  assertThrows(() => partsOf(graph), Error, "mod.ts imports runtime/nano.ts imports");
});

Deno.test("decisionPage() makes a title of the heading and links of its references", () => {
  const { slug, markdown } = decisionPage("0009-a-choice.md", "# 0009: A choice\n\nAs in [0001](0001-a-b.md).\n");
  assertEquals(slug, "0009-a-choice");
  assertEquals(
    markdown,
    '---\ntitle: "0009: A choice"\ndescription: "Decision record: 0009: A choice"\nsidebar:\n  order: 9\n---\n\n' +
      "As in [0001](/architecture/decisions/0001-a-b/).\n",
  );
  assertThrows(() => decisionPage("0009-a-choice.md", "no heading"), Error, "has no heading");
});

Deno.test("metricRows() reads names, types and labels, and le is no label", () => {
  const text = '# HELP a_b Some text.\n# TYPE a_b histogram\na_b_bucket{le="1",app="x"} 1\na_b_sum{app="x"} 1\n';
  assertEquals(metricRows(text), [{ name: "a_b", type: "histogram", help: "Some text.", labels: ["app"] }]);
});

Deno.test("table() and fence() keep what would end them inside", () => {
  assertEquals(table(["a"], [["x | y\nz"]]), "| a |\n| --- |\n| x \\| y z |");
  assertEquals(fence("md", "```ts\n```\n"), "````md\n```ts\n```\n````");
});

Deno.test("ratioPlot() draws a bar for each figure and escapes its texts", () => {
  const svg = ratioPlot({ machine: "", times: [], ratios: [{ what: "a < b", low: 0.5, high: 0.9, note: "" }] });
  assertEquals([...svg.matchAll(/<rect class="nano"/g)].length, 2);
  assertStringIncludes(svg, "a &#60; b");
  assertStringIncludes(svg, "0.5 to 0.9");
});

Deno.test("Scripts and tests of the docs stay small", async () => {
  for (const path of [...await sourceFiles("docs/scripts"), ...await sourceFiles("tests/docs")]) {
    const lines = (await Deno.readTextFile(new URL(`../../${path}`, import.meta.url))).split("\n").length;
    assert(lines <= 250, `${path} has ${lines} lines`);
  }
});

interface SidebarGroup {
  readonly items?: readonly SidebarItem[];
  readonly autogenerate?: { readonly directory: string };
}
type SidebarItem = string | SidebarGroup;

/** Names of all properties in a JSON schema, nested ones included. */
function namesIn(schema: unknown): Set<string> {
  const names = new Set<string>();
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    const { properties } = value as { properties?: Record<string, unknown> };
    // An app's env has names of the user's choice, and the ways to write a value are in its own text.
    for (const name of Object.keys(properties ?? {})) if (!/^from_/.test(name)) names.add(name);
    for (const one of Object.values(value)) walk(one);
  };
  walk(schema);
  return names;
}

/** The layer rules of the source tree, as one pure function over its import graph. */

/** Who imports whom, by path from the repo's root with `/`; type-only and dynamic imports count. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The parts of the tree from top to bottom: a part may import only what stands below it, and itself. */
const PARTS: readonly { readonly name: string; readonly holds: RegExp }[] = [
  { name: "mod.ts", holds: /^mod\.ts$/ },
  { name: "admin/", holds: /^admin\// },
  { name: "runtime/mod.ts", holds: /^runtime\/mod\.ts$/ },
  { name: "runtime/nano.ts", holds: /^runtime\/nano\.ts$/ },
  { name: "runtime/nano_options.ts", holds: /^runtime\/nano_options\.ts$/ },
  { name: "runtime/operate/", holds: /^runtime\/operate\// },
  { name: "runtime/readiness.ts", holds: /^runtime\/readiness\.ts$/ },
  { name: "runtime/config_reloads.ts", holds: /^runtime\/config_reloads\.ts$/ },
  { name: "runtime/fixed_keys.ts", holds: /^runtime\/fixed_keys\.ts$/ },
  { name: "runtime/generations.ts", holds: /^runtime\/generations\.ts$/ },
  { name: "runtime/file_watch.ts", holds: /^runtime\/file_watch\.ts$/ },
  { name: "runtime/listeners.ts", holds: /^runtime\/listeners\.ts$/ },
  { name: "runtime/isolate_farm.ts", holds: /^runtime\/isolate_farm\.ts$/ },
  { name: "runtime/machine_memory.ts", holds: /^runtime\/machine_memory\.ts$/ },
  { name: "runtime/unit_workshop.ts", holds: /^runtime\/unit_workshop\.ts$/ },
  { name: "runtime/app_units.ts", holds: /^runtime\/app_units\.ts$/ },
  { name: "runtime/first_start.ts", holds: /^runtime\/first_start\.ts$/ },
  { name: "runtime/preparing_unit.ts", holds: /^runtime\/preparing_unit\.ts$/ },
  { name: "runtime/static_site.ts", holds: /^runtime\/static_site\.ts$/ },
  { name: "runtime/unit_with_assets.ts", holds: /^runtime\/unit_with_assets\.ts$/ },
  { name: "runtime/door_with_assets.ts", holds: /^runtime\/door_with_assets\.ts$/ },
  { name: "runtime/wind_down.ts", holds: /^runtime\/wind_down\.ts$/ },
  { name: "runtime/reload.ts", holds: /^runtime\/reload\.ts$/ },
  { name: "runtime/split_target.ts", holds: /^runtime\/split_target\.ts$/ },
  { name: "runtime/app/", holds: /^runtime\/app\// },
  { name: "runtime/bundle/", holds: /^runtime\/bundle\// },
  { name: "runtime/outbound/", holds: /^runtime\/outbound\// },
  { name: "runtime/http/", holds: /^runtime\/http\// },
  { name: "runtime/store/", holds: /^runtime\/store\// },
  { name: "runtime/observe/", holds: /^runtime\/observe\// },
  { name: "runtime/trace/", holds: /^runtime\/trace\// },
  { name: "runtime/isolate/", holds: /^runtime\/isolate\// },
  { name: "runtime/protocol/", holds: /^runtime\/protocol\// },
  { name: "runtime/operations.ts", holds: /^runtime\/operations\.ts$/ },
  { name: "runtime/observations.ts", holds: /^runtime\/observations\.ts$/ },
  { name: "runtime/events.ts", holds: /^runtime\/events\.ts$/ },
  { name: "runtime/config/", holds: /^runtime\/config\// },
  { name: "runtime/lifecycle.ts", holds: /^runtime\/lifecycle\.ts$/ },
  { name: "runtime/app_call.ts", holds: /^runtime\/app_call\.ts$/ },
  { name: "runtime/descriptors.ts", holds: /^runtime\/descriptors\.ts$/ },
  { name: "runtime/request_end.ts", holds: /^runtime\/request_end\.ts$/ },
  { name: "runtime/clock.ts", holds: /^runtime\/clock\.ts$/ },
  { name: "runtime/version.ts", holds: /^runtime\/version\.ts$/ },
  { name: "runtime/errors.ts", holds: /^runtime\/errors\.ts$/ },
  { name: "runtime/std/", holds: /^runtime\/std\// },
  { name: "deno.json", holds: /^deno\.json$/ },
];

/** Parts that may import less than all that stands below them. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  "mod.ts": ["admin/", "runtime/mod.ts"],
  "admin/": ["runtime/mod.ts", "runtime/std/"],
  "runtime/isolate/": ["runtime/protocol/", "runtime/errors.ts"],
  "runtime/protocol/": ["runtime/errors.ts"],
  "runtime/trace/": ["runtime/protocol/", "runtime/events.ts", "runtime/request_end.ts", "runtime/version.ts"],
  "runtime/events.ts": ["runtime/lifecycle.ts", "runtime/request_end.ts", "runtime/errors.ts"],
  "runtime/config/": ["runtime/errors.ts"],
  "runtime/lifecycle.ts": ["runtime/errors.ts"],
  "runtime/app_call.ts": ["runtime/request_end.ts", "runtime/errors.ts"],
  "runtime/request_end.ts": ["runtime/errors.ts"],
  "runtime/descriptors.ts": [],
  "runtime/clock.ts": [],
  "runtime/version.ts": ["deno.json"],
  "runtime/errors.ts": [],
  "runtime/std/": [],
};

/** Parts that only these others may import. */
const ONLY_FROM: Readonly<Record<string, readonly string[]>> = {
  "deno.json": ["runtime/version.ts"],
  "runtime/isolate/": [],
  "runtime/observe/": ["runtime/nano.ts"],
};

/** Neighbours that must not know each other. */
const STRANGERS: readonly (readonly [string, string])[] = [["runtime/http/", "runtime/app/"]];

const FORBIDDEN_NAMES = new Set(["utils", "util", "helpers", "helper", "common", "shared", "types"]);
const MAX_LINES = 400;

function partOf(path: string): number {
  return PARTS.findIndex((part) => part.holds.test(path));
}

/**
 * Every import that breaks a rule.
 * @returns one line per mistake, empty when all is well
 */
export function layerViolations(graph: ImportGraph): string[] {
  const found: string[] = [];
  for (const [from, imports] of graph) {
    const upper = partOf(from);
    if (upper === -1) {
      found.push(`${from}: belongs to no layer; add it to PARTS in tests/support/layer_rules.ts`);
      continue;
    }
    for (const to of imports) {
      const reason = refusal(upper, partOf(to));
      if (reason) found.push(`${from} -> ${to}: ${reason}`);
    }
  }
  return [...found, ...importCircles(graph).map((circle) => `circle: ${circle.join(" -> ")}`)];
}

function refusal(upper: number, lower: number): string | null {
  const from = PARTS[upper];
  const to = PARTS[lower];
  if (!from || !to) return "the target belongs to no layer";
  if (upper === lower) return null;
  for (const pair of STRANGERS) {
    if (pair.includes(from.name) && pair.includes(to.name)) return `${pair.join(" and ")} must not know each other`;
  }
  const importers = ONLY_FROM[to.name];
  if (importers && !importers.includes(from.name)) {
    return importers.length === 0
      ? `nobody may import ${to.name}`
      : `only ${importers.join(", ")} may import ${to.name}`;
  }
  if (upper > lower) return `${from.name} stands below ${to.name}`;
  const allowed = ONLY[from.name];
  if (allowed && !allowed.includes(to.name)) {
    return `${from.name} may import ${allowed.length === 0 ? "nothing of ours" : `only ${allowed.join(", ")}`}`;
  }
  return null;
}

/** Every import circle once, as the path that closes it. */
export function importCircles(graph: ImportGraph): string[][] {
  const done = new Set<string>();
  const trail: string[] = [];
  const circles: string[][] = [];
  function visit(file: string): void {
    const at = trail.indexOf(file);
    if (at !== -1) {
      circles.push([...trail.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    trail.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    trail.pop();
    done.add(file);
  }
  for (const file of graph.keys()) visit(file);
  return circles;
}

/** What is wrong with the name or the length of a source file; one line per mistake. */
export function fileViolations(path: string, source: string): string[] {
  const found: string[] = [];
  for (const part of path.split("/")) {
    const stem = part.replace(/\..*$/, "");
    if (FORBIDDEN_NAMES.has(stem)) found.push(`${path}: "${stem}" says nothing; name it after what it exports`);
  }
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  if (lines > MAX_LINES) found.push(`${path}: ${lines} lines, ${MAX_LINES} are allowed`);
  return found;
}

/** The layer rules of the source tree, as one pure function over its import graph. */

/** Who imports whom, by path from the repo's root with `/`; type-only and dynamic imports count. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** A folder is a part of its own; only these files stand for themselves. */
function folder(path: string): { readonly name: string; readonly holds: (file: string) => boolean } {
  return { name: path, holds: (file) => file.startsWith(path) };
}

function files(name: string, ...paths: readonly string[]): ReturnType<typeof folder> {
  return { name, holds: (file) => paths.includes(file) };
}

/** A binding's three parts stand on floors of their own: its folder is none. `host_*.ts` are parts of its host, and so on. */
function bindingFiles(part: "config" | "host" | "isolate"): ReturnType<typeof folder> {
  const pattern = new RegExp(`^runtime/bindings/[^/]+/${part}(_\\w+)?\\.ts$`);
  return { name: `runtime/bindings/*/${part}.ts`, holds: (file) => pattern.test(file) };
}

const TERMS = "runtime/terms/";
const GROUND = "runtime/'s ground";

/** The parts of the tree from top to bottom: a part may import only what stands below it, and itself. */
const PARTS: readonly ReturnType<typeof folder>[] = [
  files("mod.ts", "mod.ts"),
  folder("admin/"),
  files("runtime/mod.ts", "runtime/mod.ts"),
  files("runtime/nano.ts", "runtime/nano.ts"),
  files("runtime/nano_parts.ts", "runtime/nano_parts.ts"),
  files("runtime/nano_options.ts", "runtime/nano_options.ts"),
  files("runtime/farm_start.ts", "runtime/farm_start.ts"),
  folder("runtime/operate/"),
  folder("runtime/fleet/"),
  folder("runtime/units/"),
  bindingFiles("host"),
  folder("runtime/generations/"),
  folder("runtime/app/"),
  folder("runtime/bundle/"),
  folder("runtime/outbound/"),
  folder("runtime/http/"),
  folder("runtime/store/"),
  folder("runtime/data/"),
  folder("runtime/observe/"),
  folder("runtime/trace/"),
  folder("runtime/pool/"),
  folder("runtime/wall/"),
  folder("runtime/isolate/"),
  bindingFiles("isolate"),
  folder("runtime/node/"),
  folder("runtime/config/"),
  bindingFiles("config"),
  folder(TERMS),
  folder("runtime/protocol/"),
  folder("runtime/machine/"),
  files(
    GROUND,
    "runtime/clock.ts",
    "runtime/deadline.ts",
    "runtime/regular_file.ts",
    "runtime/turns.ts",
    "runtime/version.ts",
    "runtime/errors.ts",
  ),
  folder("runtime/std/"),
  files("deno.json", "deno.json"),
];

/** Parts that may import less than all that stands below them. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  "mod.ts": ["admin/", "runtime/mod.ts"],
  "admin/": ["runtime/mod.ts", "runtime/farm_start.ts", "runtime/std/"],
  "runtime/isolate/": ["runtime/bindings/*/isolate.ts", "runtime/protocol/", GROUND],
  "runtime/bindings/*/isolate.ts": ["runtime/protocol/", GROUND],
  "runtime/bindings/*/config.ts": [],
  "runtime/data/": ["runtime/protocol/", "runtime/machine/", GROUND],
  "runtime/node/": ["runtime/protocol/"],
  "runtime/wall/": [TERMS, "runtime/protocol/", "runtime/machine/", GROUND],
  "runtime/trace/": [TERMS, "runtime/protocol/", GROUND],
  [TERMS]: [GROUND],
  "runtime/config/": ["runtime/bindings/*/config.ts", TERMS, GROUND],
  "runtime/protocol/": [GROUND],
  "runtime/machine/": [],
  [GROUND]: ["deno.json"],
  "runtime/std/": [],
};

/** Parts that only these others may import. */
const ONLY_FROM: Readonly<Record<string, readonly string[]>> = {
  "deno.json": [GROUND],
  "runtime/isolate/": [],
  "runtime/bindings/*/host.ts": ["runtime/units/", "runtime/operate/"],
  "runtime/bindings/*/isolate.ts": ["runtime/isolate/"],
  "runtime/bindings/*/config.ts": ["runtime/config/"],
  "runtime/node/": [],
  "runtime/observe/": ["runtime/mod.ts", "runtime/nano.ts", "runtime/nano_parts.ts"],
};

/** Neighbours that must not know each other. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ["runtime/http/", "runtime/app/"],
  ["runtime/http/", "runtime/pool/"],
  ["runtime/http/", "runtime/wall/"],
];

const FORBIDDEN_NAMES = new Set(["utils", "util", "helpers", "helper", "common", "shared", "types"]);
/** Of a source file; a test may have more, as its cases stand side by side. */
const MAX_LINES = 300;
const MAX_TEST_LINES = 400;
function partOf(path: string): number {
  return PARTS.findIndex((part) => part.holds(path));
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
  const circles = [...importCircles(graph), ...importCircles(foldersOf(graph))];
  return [...found, ...circles.map((circle) => `circle: ${circle.join(" -> ")}`)];
}

/** The same graph between folders; a file that lies loose in runtime/ stands for itself, as it does in the parts. */
function foldersOf(graph: ImportGraph): ImportGraph {
  const folders = new Map<string, Set<string>>();
  for (const [from, imports] of graph) {
    const own = folders.get(roomOf(from)) ?? new Set();
    for (const to of imports) if (roomOf(to) !== roomOf(from)) own.add(roomOf(to));
    folders.set(roomOf(from), own);
  }
  return new Map([...folders].map(([room, to]) => [room, [...to]]));
}

/** The folder a file lies in; a file that lies loose in runtime/ or at the root stands for itself. */
export function roomOf(path: string): string {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return folder === "runtime/" || folder === "" ? path : folder;
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
  const most = path.startsWith("tests/") ? MAX_TEST_LINES : MAX_LINES;
  if (lines > most) found.push(`${path}: ${lines} lines, ${most} are allowed`);
  return found;
}

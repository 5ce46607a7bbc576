/** What a module loads when it runs: its imports without those of types, from `deno info --json`. */
import { fromFileUrl, REPO } from "../support/repo.ts";

interface Graph {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    /** Of a module in a package: the package as `name@version`. */
    readonly npmPackage?: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
  readonly npmPackages: Readonly<
    Record<string, { readonly name: string; readonly version: string; readonly dependencies: readonly string[] }>
  >;
}

/** What is loaded: paths of NANO's own files, and packages as `name@version`. */
export interface LoadedModules {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/**
 * Follows static imports and those import() calls whose specifier is a constant.
 *
 * @param modules paths from the repo's root
 * @param options.late false: without what only import() calls load
 * @throws Error when a module that is loaded has an error
 */
export async function loadedModules(
  modules: readonly string[],
  { late = true }: { readonly late?: boolean } = {},
): Promise<LoadedModules> {
  const files = new Set<string>();
  const packages = new Set<string>();
  for (const module of modules) {
    const graph = await graphOf(module);
    const known = new Map(graph.modules.map((one) => [one.specifier, one]));
    const seen = new Set<string>();
    const next = [...graph.roots];
    for (let specifier = next.pop(); specifier !== undefined; specifier = next.pop()) {
      const found = known.get(graph.redirects[specifier] ?? specifier);
      if (specifier.startsWith("node:") || seen.has(specifier)) continue;
      seen.add(specifier);
      if (found === undefined || found.error !== undefined) throw new Error(`Cannot load ${specifier}`);
      if (found.specifier.startsWith(REPO.href)) {
        files.add(decodeURIComponent(found.specifier.slice(REPO.href.length)));
      }
      if (found.npmPackage !== undefined) addWithDependencies(graph, found.npmPackage, packages);
      for (const { code, isDynamic = false } of found.dependencies ?? []) {
        if (code?.specifier !== undefined && (late || !isDynamic)) next.push(code.specifier);
      }
    }
  }
  return { files, packages };
}

function addWithDependencies(graph: Graph, id: string, packages: Set<string>): void {
  const found = graph.npmPackages[id];
  if (found === undefined) throw new Error(`Cannot find package ${id}`);
  const name = `${found.name}@${found.version}`;
  if (packages.has(name)) return;
  packages.add(name);
  for (const dependency of found.dependencies) addWithDependencies(graph, dependency, packages);
}

async function graphOf(module: string): Promise<Graph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", module],
    cwd: fromFileUrl(REPO),
  }).output();
  if (!success) throw new Error(`Cannot read what ${module} imports: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

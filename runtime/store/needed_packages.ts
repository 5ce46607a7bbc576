/** Finds the installed packages that an app needs when it runs: what its dependencies reach, and no tool of its author. */
import { basename, dirname, join } from "node:path";
import { readRegularText } from "../regular_file.ts";

/** An installed package. */
export interface InstalledPackage {
  /** As import names it. */
  readonly name: string;
  /** Absolute path in a node_modules folder; may be a link, as pnpm makes them. */
  readonly path: string;
  /** The same, links followed. */
  readonly real: string;
}

interface Manifest {
  readonly main: string | null;
  readonly needs: readonly string[];
}

/**
 * Packages that are listed but not installed are passed over: the boot tells what it misses.
 * @param root real path of the app's folder
 */
export async function neededPackages(root: string): Promise<readonly InstalledPackage[]> {
  const found = new Map<string, InstalledPackage>();
  const walked = new Set<string>();
  const queue = [root];
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    if (walked.has(folder)) continue;
    walked.add(folder);
    for (const name of (await manifestOf(folder))?.needs ?? []) {
      const one = await installed(name, folder);
      if (one === null) continue;
      found.set(one.path, one);
      queue.push(one.real);
    }
  }
  return [...found.values()];
}

/** `main` of a folder's package.json, or null. */
export async function mainOf(folder: string): Promise<string | null> {
  return (await manifestOf(folder))?.main ?? null;
}

async function installed(name: string, from: string): Promise<InstalledPackage | null> {
  if (!/^(@[\w.~-]+\/)?[\w~-][\w.~-]*$/.test(name)) return null;
  for (let at = from;; at = dirname(at)) {
    if (basename(at) !== "node_modules") {
      const path = join(at, "node_modules", name);
      const real = await Deno.realPath(path).catch(() => null);
      if (real !== null && (await Deno.stat(real)).isDirectory) return { name, path, real };
    }
    if (dirname(at) === at) return null;
  }
}

/** As of a source file: runtime/bundle/input_stamp.ts. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;

async function manifestOf(folder: string): Promise<Manifest | null> {
  try {
    const document = JSON.parse(await readRegularText(join(folder, "package.json"), MAX_MANIFEST_BYTES));
    const { main, dependencies, optionalDependencies, peerDependencies } = document ?? {};
    const needs = [dependencies, optionalDependencies, peerDependencies].flatMap((list) => Object.keys(list ?? {}));
    return { main: typeof main === "string" ? main : null, needs };
  } catch (error) {
    // A package.json with a mistake is told by the deploy itself, with its line.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

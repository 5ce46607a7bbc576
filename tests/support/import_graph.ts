/** Reads the import graph of source files from `deno info --json`. */
import { fromFileUrl, REPO } from "./repo.ts";
import type { ImportGraph } from "./layer_rules.ts";

interface InfoDependency {
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
}
interface InfoModule {
  readonly specifier: string;
  readonly dependencies?: readonly InfoDependency[];
  readonly error?: string;
}

/**
 * The import graph of the files and of all they reach inside the repo.
 *
 * @param files paths from the repo's root
 * @throws Error when deno cannot read the graph, or a module in it cannot be resolved
 */
export async function readImportGraph(files: readonly string[]): Promise<ImportGraph> {
  // One entry that imports every file: one `deno info` instead of one per file
  const dir = await Deno.makeTempDir({ prefix: "nano-graph-" });
  try {
    const entry = `${dir}/entry.ts`;
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import ${JSON.stringify(new URL(file, REPO).href)};\n`).join(""),
    );
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", fromFileUrl(new URL("deno.json", REPO)), entry],
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!output.success) throw new Error(`Cannot read the import graph: ${new TextDecoder().decode(output.stderr)}`);
    const info = JSON.parse(new TextDecoder().decode(output.stdout)) as { readonly modules: readonly InfoModule[] };
    const broken = info.modules.filter((module) => module.error);
    if (broken.length > 0) throw new Error(`Cannot resolve: ${broken.map((module) => module.error).join("; ")}`);
    return new Map(
      info.modules.filter((module) => isOurs(module.specifier)).map((module) => [
        pathOf(module.specifier),
        [...targetsOf(module)].filter(isOurs).map(pathOf),
      ]),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function targetsOf(module: InfoModule): Set<string> {
  const all = (module.dependencies ?? []).flatMap((one) => [one.code?.specifier, one.type?.specifier]);
  return new Set(all.filter((specifier) => specifier !== undefined));
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith(REPO.href) && !specifier.includes("/node_modules/");
}

function pathOf(specifier: string): string {
  return decodeURIComponent(specifier.slice(REPO.href.length));
}

/** The page that draws the layers of the source tree, from its real imports. */
import { readImportGraph } from "../../tests/support/import_graph.ts";
import { type ImportGraph, roomOf } from "../../tests/support/layer_rules.ts";
import { sourceFiles } from "../../tests/support/repo.ts";
import { code, page, table } from "./markdown.ts";

/** A room of the tree: a folder with the files that lie in it, not those below; or a file that stands alone. */
export interface Part {
  readonly name: string;
  readonly files: number;
  /** Names of the parts it imports. */
  readonly imports: readonly string[];
  /** 0 for a part that imports nothing of ours, else one more than the highest part it imports. */
  readonly level: number;
}

/** The page. @throws Error when the imports cannot be read */
export async function layersPage(): Promise<string> {
  const files = ["mod.ts", ...await sourceFiles("admin"), ...await sourceFiles("runtime")];
  const parts = partsOf(await readImportGraph(files));
  return page(
    { title: "Layers", description: "The rooms of the source and what each of them imports." },
    `A room imports only what stands below it. This drawing is made of the imports as they are; the tests refuse a circle.
What lives in each room is said in \`ARCHITECTURE.md\`, beside the life of a request, a deploy, a config key and a log
line.

${drawing(parts)}

\`runtime/isolate/\` runs inside the worker: nobody imports it, only its address is named. \`runtime/http/\` knows
nothing of \`runtime/app/\`, \`runtime/pool/\` and \`runtime/wall/\`; \`runtime/units/\` joins them.

${
      table(
        ["Room", "Files", "Imports"],
        parts.map((
          { name, files, imports },
        ) => [code(name), String(files), imports.map(code).join(" ") || "nothing of ours"]),
      )
    }`,
  );
}

/**
 * The parts, highest first.
 * @throws Error when they import each other in a circle
 */
export function partsOf(graph: ImportGraph): Part[] {
  const files = new Map<string, number>();
  const imports = new Map<string, Set<string>>();
  for (const [file, targets] of graph) {
    const name = roomOf(file);
    files.set(name, (files.get(name) ?? 0) + 1);
    const known = imports.get(name) ?? new Set();
    for (const target of targets.map(roomOf)) if (target !== name) known.add(target);
    imports.set(name, known);
  }
  const levels = new Map<string, number>();
  const levelOf = (name: string, above: readonly string[]): number => {
    if (above.includes(name)) throw new Error(`Cannot draw the layers: ${[...above, name].join(" imports ")}`);
    let level = levels.get(name);
    if (level === undefined) {
      level = Math.max(-1, ...[...imports.get(name) ?? []].map((one) => levelOf(one, [...above, name]))) + 1;
      levels.set(name, level);
    }
    return level;
  };
  return [...files].map(([name, count]) => ({
    name,
    files: count,
    imports: [...imports.get(name)!].sort(),
    level: levelOf(name, []),
  })).toSorted((one, other) => other.level - one.level || (one.name < other.name ? -1 : 1));
}

function drawing(parts: readonly Part[]): string {
  const levels = [...new Set(parts.map(({ level }) => level))];
  const rows = levels.map((level) =>
    `<div>${
      parts.filter((part) => part.level === level).map(({ name }) =>
        `<span${name.endsWith("/") ? ' class="folder"' : ""}>${name}</span>`
      ).join("")
    }</div>`
  );
  return `<div class="layers not-content">${rows.join("")}</div>`;
}

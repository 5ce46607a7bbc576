/** `deno task starters [--in FOLDER] [NAME…]`: makes starters, and compares their own servers with NANO, into docs/starters.json. Some tools want Node 22 or later. */
import { type StarterResult, startersMarkdown } from "../../../docs/scripts/starters_table.ts";
import { messageOf } from "../../../runtime/errors.ts";
import { REPO } from "../../support/repo.ts";
import { compareStarter, type Comparison } from "./compare_starter.ts";
import { makeStarter } from "./make_starter.ts";
import type { Starter } from "./starter.ts";
import { STARTERS } from "./starters.ts";

const RESULTS = new URL("docs/starters.json", REPO);

if (import.meta.main) await main(Deno.args);

/** With names, only these rows are made anew; with a folder, what is made stays there, and is not made again. */
async function main(args: readonly string[]): Promise<void> {
  const [folder, names] = args[0] === "--in" ? [args[1], args.slice(2)] : [undefined, args];
  if (folder !== undefined) await Deno.mkdir(folder, { recursive: true });
  const dir = await Deno.realPath(folder ?? await Deno.makeTempDir({ prefix: "nano-starters-" }));
  try {
    for (const starter of STARTERS.filter(({ name }) => names.length === 0 || names.includes(name))) {
      let made: string;
      let comparison: Comparison;
      try {
        made = await makeStarter(starter, dir);
        comparison = await compareStarter(starter, made);
      } catch (error) {
        // No word on NANO: its row stays as it was
        console.error(`${starter.name} cannot be compared: ${messageOf(error)}`);
        continue;
      }
      const row = rowOf(starter, comparison);
      console.error(JSON.stringify(row, null, 2));
      await keep(row);
      // Packages and builds of all of them are more than a disk has room for
      if (folder === undefined) await Deno.remove(made, { recursive: true });
    }
    console.log(startersMarkdown(await knownRows()));
  } finally {
    if (folder === undefined) await Deno.remove(dir, { recursive: true });
  }
}

function rowOf({ name, title, make, serve, nano, note }: Starter, { error, paths }: Comparison): StarterResult {
  const written = nano === undefined ? null : JSON.stringify(nano).slice(1, -1).replaceAll(/([:,])(?=\S)/g, "$1 ");
  return { name, title, byHand: make === null, serve, nano: written, note: note ?? null, error, paths };
}

/** Starter by starter: a run takes hours. */
async function keep(row: StarterResult): Promise<void> {
  const rows = new Map((await knownRows()).map((known) => [known.name, known]));
  rows.set(row.name, row);
  const sorted = STARTERS.flatMap(({ name }) => rows.get(name) ?? []);
  await Deno.writeTextFile(RESULTS, `${JSON.stringify(sorted, null, 2)}\n`);
}

async function knownRows(): Promise<StarterResult[]> {
  return JSON.parse(await Deno.readTextFile(RESULTS));
}

/**
 * A process to be killed: exchanges the files of three stores below the folder of its argument by others, again and
 * again; each round's files hold its number, which is printed when it is acknowledged.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { finishRestore, swapStores, waitingPath } from "../../runtime/data/restore_plan.ts";

/** What is exchanged; a bucket has two parts. */
export const SWAPPED_STORES = ["kv/a", "r2/b", "queues/c"];
/** Their files. */
export const SWAPPED_FILES = ["kv/a.db", "r2/b.db", "r2/b.files/x", "queues/c.db"];

if (import.meta.main) {
  const [folder, from] = Deno.args;
  finishRestore(folder!);
  for (let round = Number(from);; round++) {
    const id = `round-${round}`;
    for (const name of SWAPPED_FILES) {
      const path = waitingPath(folder!, id, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, String(round));
    }
    swapStores(folder!, { id, stores: SWAPPED_STORES });
    Deno.stdout.writeSync(new TextEncoder().encode(`${round}\n`));
  }
}

/** The files that the process of an app writes which runs as Deno itself runs it: its `data`, and what is temporary. */
import type { KeptFiles } from "../terms/app_view.ts";
import { TMP_MB } from "../config/process_walls.ts";
import { hasChildren, processWritten } from "../machine/process_state.ts";
import type { CellExit } from "./cell.ts";
import { DataWatch } from "./data_watch.ts";
import { boundFiles, measureFolder } from "./folder_tools.ts";
import type { FullPlace } from "./full_place.ts";

/** What they are watched with. */
export interface FullFilesTools {
  /** Settles when the process is known. */
  readonly pid: Promise<number>;
  /** Where temporary files lie on the disk of the machine; null where their room is bounded by the kernel. */
  readonly tmp: string | null;
  readonly now: () => number;
  readonly onKept: (kept: KeptFiles) => void;
  readonly say: (text: string) => void;
  readonly end: (verdict: Omit<CellExit, "cpuMicros">) => void;
  readonly measure?: typeof measureFolder;
  readonly bound?: typeof boundFiles;
}

/** All of one process. */
export class FullFiles {
  readonly #watches: readonly DataWatch[];

  constructor({ data, run, fileBytes }: Pick<FullPlace, "data" | "run" | "fileBytes">, tools: FullFilesTools) {
    const { measure = measureFolder, bound = boundFiles, tmp, now, end } = tools;
    let pid: number | null = null;
    void tools.pid.then((known) => pid = known, () => {});
    const written = () => pid === null ? 0 : processWritten(pid);
    const hasPrograms = () => run.length > 0 && pid !== null && hasChildren(pid);
    const parts = { written, now, end, hasPrograms };
    const kept = data.slice(0, 1).map((path) =>
      new DataWatch({
        ...parts,
        name: 'folder "data"',
        bound: "storage_mb",
        maxBytes: fileBytes,
        measure: () => measure(path),
        boundFiles: async (bytes) => await bound(await tools.pid, bytes),
        onLook: tools.onKept,
        say: tools.say,
      })
    );
    const temporary = (tmp === null ? [] : [tmp]).map((path) =>
      new DataWatch({
        ...parts,
        name: "folder for temporary files",
        bound: "NANO",
        maxBytes: TMP_MB * 1024 * 1024,
        measure: () => measure(path),
        // It is no reason to refuse writes to the other folder: what is beyond ends the process.
        boundFiles: () => Promise.resolve(),
        onLook() {},
        say() {},
      })
    );
    this.#watches = [...kept, ...temporary];
    for (const watch of kept) void watch.lookNow();
  }

  /** Looks, if there is anything to be seen. */
  look(cpuMicros: number): void {
    for (const watch of this.#watches) watch.look(cpuMicros);
  }

  /** The process is over. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}

/**
 * Named pipes in watched folders. Deno's watcher opens every file that it tells of, and for a pipe waits there for a
 * writer: no folder at all is heard of any more, and the next `Deno.watchFs` stops its whole thread (Deno 2.9.6).
 */
import { join } from "node:path";

/** More in one folder than this are not held; a folder with one is not watched at all. */
const MAX_HELD = 64;
/** Folders that are looked into together. */
const AT_ONCE = 16;

/** Keeps pipes open from both ends, so that whoever opens one goes on at once. */
export class HeldPipes implements Disposable {
  /** Folders with pipes, each with the first. */
  readonly folders: ReadonlyMap<string, string>;
  readonly #held: readonly Disposable[];

  private constructor(folders: ReadonlyMap<string, string>, held: readonly Disposable[]) {
    this.folders = folders;
    this.#held = held;
  }

  /** Holds every pipe that lies right in one of these folders. */
  static async in(folders: Iterable<string>): Promise<HeldPipes> {
    const found = new Map<string, string>();
    const held: Disposable[] = [];
    const all = [...folders];
    for (let at = 0; at < all.length; at += AT_ONCE) {
      await Promise.all(
        all.slice(at, at + AT_ONCE).map(async (folder) => {
          const pipes = await pipesIn(folder);
          if (pipes[0] === undefined) return;
          found.set(folder, pipes[0]);
          for (const pipe of pipes) {
            const end = await openBothEnds(pipe);
            if (end !== null) held.push(end);
          }
        }),
      );
    }
    return new HeldPipes(found, held);
  }

  /** Lets go of them. */
  [Symbol.dispose](): void {
    for (const end of this.#held) end[Symbol.dispose]();
  }
}

/** The pipes right in a folder, links to pipes included; none in a folder that cannot be read. */
export async function pipesIn(folder: string): Promise<readonly string[]> {
  const pipes: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile || entry.isDirectory) continue;
      const path = join(folder, entry.name);
      if (await isPipe(path)) pipes.push(path);
      if (pipes.length === MAX_HELD) break;
    }
  } catch {
    // It is gone, or not for us: whoever needs it will tell.
  }
  return pipes;
}

async function isPipe(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFifo === true;
  } catch {
    return false;
  }
}

/** On Linux and macOS opening a pipe for both never waits. Null for one that may not be opened: the watcher may not either. */
async function openBothEnds(path: string): Promise<Disposable | null> {
  try {
    return await Deno.open(path, { read: true, write: true });
  } catch {
    return null;
  }
}

/** Copies a program out of a compiled binary: the system cannot run what lies in the embedded file system. */

import { basename, join } from "node:path";
import { messageOf, NanoError } from "../errors.ts";

/** Only the user that NANO runs as may look at it, and only until it runs. */
const MODE = 0o700;

/** A program that the system can run, until it is disposed of. */
export interface RunnableProgram extends Disposable {
  readonly path: string;
}

/**
 * Writes a program into a fresh folder that only this user can enter. Nothing is ever found there and reused, so nobody
 * can put another program in its place.
 *
 * Disposing removes it. On Linux and macOS that may be as soon as it was started; on Windows a program that runs cannot
 * be removed, and it stays in the folder for temporary files.
 *
 * @param program Path in the embedded file system, or any other.
 * @throws {NanoError} INTERNAL when it cannot be copied.
 */
export function copyOut(program: string): RunnableProgram {
  let folder: string | undefined;
  const remove = () => {
    if (folder !== undefined) Deno.removeSync(folder, { recursive: true });
  };
  try {
    folder = Deno.makeTempDirSync({ prefix: "nano-program-" });
    const path = join(folder, basename(program));
    Deno.writeFileSync(path, Deno.readFileSync(program), { mode: MODE, createNew: true });
    return {
      path,
      [Symbol.dispose]: () => {
        try {
          remove();
        } catch (error) {
          if (Deno.build.os !== "windows") throw error;
        }
      },
    };
  } catch (cause) {
    remove();
    const why = `${messageOf(cause)}; let TMPDIR name a folder where NANO may write`;
    throw new NanoError("INTERNAL", `Cannot copy ${basename(program)} out of the binary: ${why}`, { cause });
  }
}

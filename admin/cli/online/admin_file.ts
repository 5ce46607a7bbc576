/** The small file by which commands on the same machine find the admin listener of a running NANO. */
import { join } from "node:path";
import process from "node:process";

/** What stands in the file. */
export interface AdminPlace {
  /** Of the admin listener, without a slash at the end. */
  readonly url: string;
  /** Of the public listener, likewise. */
  readonly publicUrl: string;
  /** The host's process. */
  readonly pid: number;
}

const NAME = "admin.json";

/** Path of the file in a state folder. */
export function adminFilePath(stateDir: string): string {
  return join(stateDir, NAME);
}

/** Keeps the file while the admin listener is up; removes it with its disposal, unless another host has replaced it. */
export class AdminFile implements Disposable {
  readonly #path: string;

  /**
   * Written aside and renamed: whoever reads it finds it whole.
   * @param report told when the file cannot be written: NANO serves on, commands then need --url
   */
  constructor(stateDir: string, place: Omit<AdminPlace, "pid">, report: (text: string) => void) {
    this.#path = adminFilePath(stateDir);
    const draft = `${this.#path}.${crypto.randomUUID()}`;
    try {
      const document = { url: place.url, public_url: place.publicUrl, pid: Deno.pid };
      Deno.writeTextFileSync(draft, JSON.stringify(document) + "\n", { mode: 0o600, createNew: true });
      Deno.renameSync(draft, this.#path);
    } catch (error) {
      report(`nano: Cannot write "${this.#path}", by which commands find this NANO: ${String(error)}`);
    }
  }

  [Symbol.dispose](): void {
    try {
      const place = parsed(Deno.readTextFileSync(this.#path));
      if (place === null || place.pid === Deno.pid) Deno.removeSync(this.#path);
    } catch (error) {
      // It is gone, with its folder maybe; and what cannot be removed is stale by its process id.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
}

/** Reads the file. @returns null when there is none, or it is of no use */
export async function readAdminFile(stateDir: string): Promise<AdminPlace | null> {
  try {
    return parsed(await Deno.readTextFile(adminFilePath(stateDir)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** Whether a process runs; a killed host leaves its file behind, and another program may have got its port. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as { code?: unknown }).code === "EPERM";
  }
}

function parsed(text: string): AdminPlace | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null; // written by something else
  }
  const { url, public_url, pid } = (document ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof url !== "string" || typeof public_url !== "string" || typeof pid !== "number") return null;
  return { url, publicUrl: public_url, pid };
}

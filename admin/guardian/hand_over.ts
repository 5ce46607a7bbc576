/** What a guardian tells the next host about the deaths of those before, through a small file. */
import type { Conviction } from "../../runtime/mod.ts";

/** Whom the guardian suspects. */
export interface HandOver {
  /** Not to be started. */
  readonly convictions: readonly Conviction[];
  /** Names of apps that are not sure, the least suspected first: they boot last, and alone. */
  readonly suspects: readonly string[];
}

/** The guardian's end; written before each start of a host, which reads it once. */
export function writeHandOver(path: string, handOver: HandOver): void {
  Deno.writeTextFileSync(path, JSON.stringify(handOver), { mode: 0o600 });
}

/**
 * The host's end.
 * @param report told when it cannot be read: the host starts all the same, with everybody
 */
export function readHandOver(path: string, report: (text: string) => void): HandOver {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) report(`Cannot read what the guardian knows: ${String(error)}`);
    return { convictions: [], suspects: [] };
  }
}

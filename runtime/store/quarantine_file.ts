/** The versions of apps that are not started any more because they ended the host, kept in the state folder. */
import { join } from "node:path";
import { messageOf } from "../errors.ts";

/** A version of an app that was convicted. */
export interface Conviction {
  /** Name of the app. */
  readonly app: string;
  /** Of its code. */
  readonly version: string;
  /** What it is suspected of, and why; a sentence. */
  readonly reason: string;
  /** ms since the epoch. */
  readonly since: number;
}

/** More is not kept; the oldest goes first. */
const MAX_CONVICTIONS = 1_000;

/** Written whole at each change, aside and renamed: the process whose death it follows may die again meanwhile. */
export class QuarantineFile {
  readonly #path: string;
  readonly #warn: (text: string) => void;
  #list: readonly Conviction[] = [];

  /**
   * Reads what is kept; a file that cannot be read is told of and taken for empty, since no app must be kept down by it.
   * @param warn told what could not be read or written; the quarantine then lasts as long as the process
   */
  constructor(stateDir: string, warn: (text: string) => void) {
    this.#path = join(stateDir, "quarantine.json");
    this.#warn = warn;
    try {
      this.#list = (JSON.parse(Deno.readTextFileSync(this.#path)) as unknown[]).filter(isConviction);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) warn(`Cannot read "${this.#path}": ${messageOf(error)}`);
    }
  }

  /** Puts versions in quarantine; the last word about one is kept. */
  add(convictions: readonly Conviction[]): void {
    if (convictions.length === 0) return;
    const others = this.#list.filter((one) => !convictions.some((other) => isSame(one, other)));
    this.#keep([...others, ...convictions]);
  }

  /** The conviction that keeps this version down, or null. */
  find(app: string, version: string): Conviction | null {
    return this.#list.find((one) => isSame(one, { app, version })) ?? null;
  }

  /** Ends the quarantine of all versions of an app. @returns what was ended */
  release(app: string): readonly Conviction[] {
    const released = this.#list.filter((one) => one.app === app);
    if (released.length > 0) this.#keep(this.#list.filter((one) => one.app !== app));
    return released;
  }

  #keep(list: readonly Conviction[]): void {
    this.#list = list.slice(-MAX_CONVICTIONS);
    try {
      Deno.writeTextFileSync(`${this.#path}.new`, JSON.stringify(this.#list, null, 2) + "\n", { mode: 0o600 });
      Deno.renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#warn(`Cannot write "${this.#path}": ${messageOf(error)}`);
    }
  }
}

function isSame(one: { app: string; version: string }, other: { app: string; version: string }): boolean {
  return one.app === other.app && one.version === other.version;
}

function isConviction(value: unknown): value is Conviction {
  const { app, version, reason, since } = (value ?? {}) as Partial<Conviction>;
  return [app, version, reason].every((text) => typeof text === "string") && Number.isFinite(since);
}

/** What the host tells its guardian, through a small file that survives the host's death. */
import { CliError } from "../process/cli_error.ts";

/** The host's last word. */
export interface HostStatus {
  /** A drain has begun: the end that follows is meant, whatever its exit code. */
  readonly stopping: boolean;
  /** Apps with requests in flight. */
  readonly busyApps: readonly string[];
}

const INTERVAL_MS = 200;

/**
 * Keeps the file up to date: written when the listener is open, then only when something changed. Written aside and
 * renamed, since the host may be killed at any instruction.
 */
export class HostStatusWriter implements Disposable {
  readonly #file: string;
  readonly #busyApps: () => readonly string[];
  readonly #report: (text: string) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #stopping = false;
  #written = "";
  #failing = false;

  /**
   * @param busyApps names of the apps that are busy now
   * @param report told once when the file cannot be written: the host serves on, its guardian knows less
   */
  constructor(file: string, busyApps: () => readonly string[], report: (text: string) => void) {
    this.#file = file;
    this.#busyApps = busyApps;
    this.#report = report;
    this.update();
    this.#timer = setInterval(() => this.update(), INTERVAL_MS);
  }

  /** Writes the file when it is out of date; runs by itself every 200 ms. */
  update(): void {
    const text = JSON.stringify({ stopping: this.#stopping, busy_apps: [...this.#busyApps()].sort() });
    if (text === this.#written) return;
    try {
      Deno.writeTextFileSync(`${this.#file}.new`, text, { mode: 0o600 });
      Deno.renameSync(`${this.#file}.new`, this.#file);
      this.#written = text;
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#report(`Cannot tell the guardian which apps are busy: ${String(error)}`);
      this.#failing = true;
    }
  }

  /** Tells that the end that comes is meant. */
  stopping(): void {
    this.#stopping = true;
    this.update();
  }

  /** Removes the file, in the place of a guardian that was killed and cannot. */
  remove(): void {
    this[Symbol.dispose]();
    removeFile(this.#file);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function removeFile(file: string): void {
  for (const path of [file, `${file}.new`, flightFileOf(file), handOverFileOf(file)]) {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Where the host notes what its isolates do. @param file in which it reports to its guardian */
export function flightFileOf(file: string): string {
  return `${file}.flight`;
}

/** Where the guardian tells the next host whom it suspects. @param file in which that reports to its guardian */
export function handOverFileOf(file: string): string {
  return `${file}.suspects`;
}

/** The guardian's end of the file. */
export class HostStatusFile implements Disposable {
  readonly path: string;

  /** @throws {CliError} INTERNAL when there is no place for temporary files */
  constructor() {
    try {
      this.path = Deno.makeTempFileSync({ prefix: "nano_host_", suffix: ".json" });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError(
        "INTERNAL",
        `Cannot make a temporary file for the guardian: ${reason}; --no-guardian needs none`,
      );
    }
  }

  /** Forgets what an earlier host said. */
  clear(): void {
    for (const path of [this.path, flightFileOf(this.path)]) Deno.writeTextFileSync(path, "", { mode: 0o600 });
  }

  /** What the host said last, or null when it never was listening. */
  read(): HostStatus | null {
    let text: string;
    try {
      text = Deno.readTextFileSync(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    if (text === "") return null;
    const { stopping, busy_apps } = JSON.parse(text);
    return { stopping: stopping === true, busyApps: busy_apps };
  }

  [Symbol.dispose](): void {
    removeFile(this.path);
  }
}

/**
 * Tells when the guardian is gone: it holds the other end of stdin and never writes to it.
 * @returns a promise that settles at the end of stdin
 */
export async function guardianGone(): Promise<void> {
  const bytes = new Uint8Array(64);
  while (await Deno.stdin.read(bytes) !== null);
}

/** A world for commands that keeps what they say. */
import type { CliIo } from "../../../../admin/cli/terminal/cli_io.ts";
import { main } from "../../../../admin/cli/main.ts";

/** What a test puts into the world. */
export interface MemoryWorld {
  /** Makes stdout and stderr a terminal of this width. */
  readonly columns?: number;
  /** What is typed when a command asks; none: there is no terminal to ask on. */
  readonly answers?: readonly string[];
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
}

export class MemoryIo implements CliIo {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** What was drawn over on the terminal. */
  readonly drawn: string[] = [];
  readonly asked: string[] = [];
  readonly cwd: string;
  readonly columns: number | null;
  readonly #env: Readonly<Record<string, string>>;
  readonly #answers: string[];
  readonly #stdin: string | Uint8Array<ArrayBuffer>;
  /** What was written to stdout as bytes. */
  bytes: number[] = [];
  readonly #interrupts = new Set<() => void>();
  readonly #waiters = new Set<() => void>();

  constructor(cwd = "/", env: Readonly<Record<string, string>> = {}, world: MemoryWorld = {}) {
    this.cwd = cwd;
    this.#env = env;
    this.columns = world.columns ?? null;
    this.#answers = [...world.answers ?? []];
    this.#stdin = world.stdin ?? "";
  }
  get terminal(): boolean {
    return this.columns !== null;
  }
  get errTerminal(): boolean {
    return this.columns !== null;
  }
  // Bound, as those of the real world are: commands hand them on.
  readonly out = (line: string): void => {
    this.stdout.push(line);
    this.#tell();
  };
  readonly err = (line: string): void => {
    this.stderr.push(line);
    this.#tell();
  };
  readonly draw = (text: string): void => {
    this.drawn.push(text);
    this.#tell();
  };
  readonly env = (name: string): string | undefined => this.#env[name];
  stdin(): Promise<string> {
    return new Response(this.#stdin).text();
  }
  stdinBytes(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new Blob([this.#stdin]).stream();
  }
  outBytes(bytes: Uint8Array): void {
    this.bytes.push(...bytes);
    this.#tell();
  }
  ask(question: string): string | null {
    this.asked.push(question);
    return this.#answers.shift() ?? null;
  }
  onInterrupt(listener: () => void): Disposable {
    this.#interrupts.add(listener);
    return { [Symbol.dispose]: () => void this.#interrupts.delete(listener) };
  }

  /** Presses Ctrl+C. */
  interrupt(): void {
    for (const listener of [...this.#interrupts]) listener();
  }
  /** Whether a command listens to Ctrl+C now. */
  get interruptible(): boolean {
    return this.#interrupts.size > 0;
  }
  /** Waits until what was said fulfils a condition. */
  async until(condition: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => condition() && resolve();
    const said = () => [...this.stdout, ...this.stderr].slice(-20).join("\n");
    const timer = setTimeout(() => reject(new Error(`Not within ${timeoutMs} ms: ${what}\n${said()}`)), timeoutMs);
    this.#waiters.add(look);
    try {
      look();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(look);
    }
  }
  #tell(): void {
    for (const look of [...this.#waiters]) look();
  }
}

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line to its end. */
export async function run(args: readonly string[], io = new MemoryIo()): Promise<Ran> {
  const code = await main(args, io);
  return { code, out: io.stdout.join("\n"), err: io.stderr.join("\n") };
}

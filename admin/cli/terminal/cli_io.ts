/** What a command sees of the world around it, so that tests can put another one there. */
import { StopCounter } from "../../process/signals.ts";
import { argsOf, typedFolder } from "./typed_folder.ts";

/** Output, environment and place of a command. */
export interface CliIo {
  /** Writes one line to stdout. */
  out(line: string): void;
  /** Writes bytes to stdout as they are. */
  outBytes(bytes: Uint8Array): void;
  /** Writes one line to stderr. */
  err(line: string): void;
  /** Writes to stderr as it is, for a line that is drawn over. */
  draw(text: string): void;
  /** A variable of the environment. */
  env(name: string): string | undefined;
  /** All of stdin as text. */
  stdin(): Promise<string>;
  /** The bytes of stdin as they come. */
  stdinBytes(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Asks on the terminal. @returns null when there is none, or the input has ended */
  ask(question: string): string | null;
  /** Calls back on Ctrl+C, or when nobody reads stdout any more, until it is disposed. */
  onInterrupt(listener: () => void): Disposable;
  /** Absolute path of the folder that the command was typed in. */
  readonly cwd: string;
  /** NANO's own folder when `deno task` ran from somewhere in it: its nano.json serves where the folder has none. */
  readonly root?: string | null;
  /** True when stdout is a terminal. */
  readonly terminal: boolean;
  /** True when stderr is a terminal. */
  readonly errTerminal: boolean;
  /** Width of the terminal in characters, or null without one. */
  readonly columns: number | null;
}

/** The real world. */
export function processIo(): CliIo {
  const interrupts = new Set<() => void>();
  const encoder = new TextEncoder();
  const interrupt = () => {
    for (const listener of [...interrupts]) listener();
  };
  const presses = new StopCounter();
  const onSignal = () => {
    const count = presses.next("SIGINT");
    // Whoever presses it again does not want to wait.
    if (count !== null && count > 1) Deno.exit(1);
    if (count === 1) interrupt();
  };
  return {
    out: (line) => {
      if (!writeAll(Deno.stdout, encoder.encode(line + "\n"))) interrupt();
    },
    outBytes: (bytes) => {
      if (!writeAll(Deno.stdout, bytes)) interrupt();
    },
    err: (line) => console.error(line),
    draw: (text) => void writeAll(Deno.stderr, encoder.encode(text)),
    env: (name) => Deno.env.get(name),
    stdin: () => new Response(Deno.stdin.readable).text(),
    stdinBytes: () => Deno.stdin.readable,
    ask: (question) => Deno.stdin.isTerminal() ? prompt(question) : null,
    onInterrupt(listener) {
      if (interrupts.size === 0) Deno.addSignalListener("SIGINT", onSignal);
      interrupts.add(listener);
      return {
        [Symbol.dispose]() {
          if (interrupts.delete(listener) && interrupts.size === 0) Deno.removeSignalListener("SIGINT", onSignal);
        },
      };
    },
    ...typedFolder({
      cwd: Deno.cwd(),
      env: (name) => Deno.env.get(name),
      // The same for every module of the command line, wherever it stands in its folder.
      module: import.meta.resolve("../main.ts"),
      standalone: Deno.build.standalone,
      parentArgs: argsOf(Deno.ppid),
    }),
    terminal: Deno.stdout.isTerminal(),
    errTerminal: Deno.stderr.isTerminal(),
    get columns() {
      // 0: a terminal that does not know its size.
      return Deno.stdout.isTerminal() ? Deno.consoleSize().columns || null : null;
    },
  };
}

/** Writes everything. @returns false when the reader is gone, as in `nano logs | head -1` */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    try {
      at += stream.writeSync(bytes.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return false;
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      // The reader made the pipe non-blocking and is slow: wait for it, without losing a byte.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

/** Whether lines for people are coloured: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function wantsColor(io: CliIo): boolean {
  return io.terminal && (io.env("NO_COLOR") ?? "") === "";
}

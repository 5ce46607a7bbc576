/** Starts the servers that are compared, each in a process of its own. */
import { fromFileUrl, REPO } from "../support/repo.ts";
import { timedGetOnce } from "./keep_alive.ts";
import { freePort } from "../support/free_port.ts";

/** Longest wait for a server to listen. */
const START_MS = 30_000;

/** A server under measurement. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the line in which it says that it listens. */
  readonly startMs: number;
}

/** Starts raw_server.ts. */
export function startRaw(kind: "plain" | "faithful" | "files", ...args: readonly string[]): Promise<Server> {
  return start(["run", "-A", fromFileUrl(new URL("tests/bench/raw_server.ts", REPO)), kind, ...args]);
}

/** Starts a module that writes a line of `server_start` with its URL, as raw_server.ts does. */
export function startScript(file: string, env: Readonly<Record<string, string>>): Promise<Server> {
  return start(["run", "-A", "--no-lock", file], env);
}

/**
 * Starts `nano start --no-guardian` with the flags of `deno task nano`. The request log stays on and goes to /dev/null:
 * a reader of a pipe would take a core of the two, and hold the server up where it falls behind.
 */
export async function startNano(configFile: string): Promise<Server> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));
  const [deno, ...args] = String(config.tasks.nano.command).split(" ");
  if (deno !== "deno" || args.pop() !== "admin/cli/main.ts") throw new Error('Cannot read the flags of task "nano"');
  const main = fromFileUrl(new URL("admin/cli/main.ts", REPO));
  const port = freePort();
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, main, "start", "--no-guardian", "--config", configFile, "--port", String(port)],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  async function stop(): Promise<void> {
    child.kill("SIGKILL");
    await child.status;
  }
  try {
    await listens(port, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const startMs = performance.now() - began;
  return { url: `http://127.0.0.1:${port}`, port, pid: child.pid, startMs, [Symbol.asyncDispose]: stop };
}

/** Waits until the port answers and its apps have left their first start: until then every host gets APP_UNAVAILABLE. */
async function listens(port: number, child: Deno.ChildProcess): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  for (const deadline = performance.now() + START_MS; performance.now() < deadline && !ended;) {
    try {
      const { response } = await timedGetOnce(`http://127.0.0.1:${port}`, "nobody.bench");
      if (response.get("nano-error") !== "APP_UNAVAILABLE") return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(ended ? "The server ended before it listened" : `The server does not listen after ${START_MS} ms`);
}

async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  let drained = Promise.resolve();
  async function stop(): Promise<void> {
    child.kill("SIGKILL");
    await Promise.all([child.status, drained]);
  }
  try {
    const url = await listeningUrl(reader);
    const startMs = performance.now() - began;
    // Not parsed: the bench must not take the CPU that it measures.
    drained = discard(reader);
    return { url, port: Number(new URL(url).port), pid: child.pid, startMs, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await reader.cancel();
    await stop();
    throw error;
  }
}

async function listeningUrl(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  for (let text = "";;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The server ended before it listened; it wrote: ${text}`);
    text += decoder.decode(value, { stream: true });
    const line = text.split("\n").slice(0, -1).find((one) => one.includes('"event":"server_start"'));
    if (line !== undefined) return String(JSON.parse(line).url);
  }
}

async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

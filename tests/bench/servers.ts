/** Starts the servers that are compared, each in a process of its own, with stdout read and thrown away. */
import { fromFileUrl, REPO } from "../support/repo.ts";

/** A server under measurement. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the line in which it says that it listens. */
  readonly startMs: number;
}

/** Starts raw_server.ts. */
export function startRaw(kind: "plain" | "faithful"): Promise<Server> {
  return start(["run", "-A", fromFileUrl(new URL("tests/bench/raw_server.ts", REPO)), kind]);
}

/** Starts `nano start --no-guardian` with the flags of `deno task nano`; the request log stays on. */
export async function startNano(configFile: string): Promise<Server> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));
  const [deno, ...args] = String(config.tasks.nano.command).split(" ");
  if (deno !== "deno" || args.pop() !== "admin/cli/main.ts") throw new Error('Cannot read the flags of task "nano"');
  const main = fromFileUrl(new URL("admin/cli/main.ts", REPO));
  return start([...args, main, "start", "--no-guardian", "--config", configFile]);
}

async function start(args: readonly string[]): Promise<Server> {
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1" },
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

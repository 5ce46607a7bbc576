/** Loads a server over keep-alive connections from another process: with wrk where it is installed, else with ours. */
import { fromFileUrl, REPO } from "../support/repo.ts";

/** One load. */
export interface Load {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly concurrency: number;
  readonly seconds: number;
}

/** What came of it. */
export interface LoadFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** A load generator and its name. */
export interface LoadGenerator {
  readonly name: string;
  run(load: Load): Promise<LoadFigures>;
}

/** wrk, or our own client when there is no wrk. */
export async function findLoadGenerator(): Promise<LoadGenerator> {
  try {
    // wrk has no flag that succeeds without a load: -v prints its version and exits with 1.
    const { stdout } = await new Deno.Command("wrk", { args: ["-v"], stdout: "piped", stderr: "null" }).output();
    const version = new TextDecoder().decode(stdout).split("\n")[0]!.split(" Copyright")[0]!;
    return { name: version, run: runWrk };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { name: "load_client.ts (wrk is not installed)", run: runOwn };
  }
}

async function runWrk({ url, headers, concurrency, seconds }: Load): Promise<LoadFigures> {
  const args = ["-t1", `-c${concurrency}`, `-d${seconds}s`, "--latency"];
  for (const [name, value] of headers) args.push("-H", `${name}: ${value}`);
  const text = await outputOf("wrk", [...args, url]);
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`The server did not answer every request:\n${text}`);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  const [, value, unit] = /50%\s+([\d.]+)(us|ms|s)\s/.exec(text) ?? [];
  if (!(perSecond > 0) || value === undefined) throw new Error(`Cannot read what wrk says:\n${text}`);
  return { perSecond, p50Ms: Number(value) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1) };
}

async function runOwn(load: Load): Promise<LoadFigures> {
  const client = fromFileUrl(new URL("tests/bench/load_client.ts", REPO));
  return JSON.parse(await outputOf(Deno.execPath(), ["run", "-A", client, JSON.stringify(load)]));
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`The load generator failed:\n${text}${new TextDecoder().decode(stderr)}`);
  return text;
}

/** Asks a starter's own server and NANO for the same paths, and tells where they differ. */
import { freePort } from "../../support/free_port.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { commandEnv } from "./make_starter.ts";
import type { Starter } from "./starter.ts";

/** It bounds a hang only: wrangler bundles first, which on a machine that others use too took more than five minutes. */
const START_MS = 1_200_000;
const REQUEST_MS = 300_000;
const POLL_MS = 200;
/** How much of two bodies is shown around their first difference. */
const SHOWN = 60;

/** What a client sees of an answer. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly location: string;
  readonly body: string;
}

/** What one path's answers differ in, or null where they are the same. */
export interface PathResult {
  readonly path: string;
  readonly status: number;
  readonly difference: string | null;
}

/** What became of a starter: why it does not run, or how its paths compare. */
export interface Comparison {
  readonly error: string | null;
  readonly paths: readonly PathResult[];
}

/**
 * Serves a built starter twice.
 * @param folder absolute path of it
 * @throws Error when its own server does not answer in time
 */
export async function compareStarter(starter: Starter, folder: string): Promise<Comparison> {
  const expected = await withOwnServer(starter, folder, (origin) => askAll(starter, origin));
  const config = `${folder}.nano.json`;
  // What an earlier NANO bundled is no word on this one
  await Deno.remove(`${folder}.state`, { recursive: true }).catch(() => {});
  const app = { name: starter.name, path: folder, port: freePort(), ...starter.nano };
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      hostname: "127.0.0.1",
      port: 0,
      admin: false,
      state_dir: `${folder}.state`,
      apps: [app],
    }),
  );
  await using nano = await NanoProcess.start(config, { timeoutMs: START_MS });
  const failed = nano.events.find(({ event }) => event === "app_failed");
  if (failed !== undefined) return { error: String(failed["error"] ?? failed["reason"]), paths: [] };
  const answers = await askAll(starter, `http://127.0.0.1:${app.port}`);
  const broken = brokenPath(expected, answers);
  if (Deno.env.get("NANO_SHOW") !== undefined) {
    for (const record of nano.events) {
      if (record.event.startsWith("app_") || record.event.includes("warn")) {
        console.error(JSON.stringify(record).slice(0, 1500));
      }
    }
  }
  if (broken !== -1) {
    const told = nano.events.find(({ event, kind }) => event === "app_exit" || kind === "exception");
    const why = told?.["text"] ?? told?.["detail"] ?? answers[broken]!.body;
    return { error: `${starter.paths[broken]} ${answers[broken]!.status}: ${firstLine(String(why))}`, paths: [] };
  }
  return {
    error: null,
    paths: starter.paths.map((path, at) => ({
      path,
      status: answers[at]!.status,
      difference: differenceOf(expected[at]!, answers[at]!),
    })),
  };
}

/** Where its own server has an answer and NANO an error of a server: -1 where it runs. */
export function brokenPath(
  expected: readonly Pick<Answer, "status">[],
  answers: readonly Pick<Answer, "status">[],
): number {
  return answers.findIndex(({ status }, at) => status >= 500 && expected[at]!.status < 500);
}

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}

async function withOwnServer<T>(starter: Starter, folder: string, use: (origin: string) => Promise<T>): Promise<T> {
  const port = freePort();
  const server = new Deno.Command("sh", {
    args: ["-c", starter.serve],
    cwd: folder,
    env: { ...commandEnv(), PORT: String(port), NODE_ENV: "production" },
    stdin: "null",
    stdout: Deno.env.get("NANO_SHOW") === undefined ? "null" : "inherit",
    stderr: Deno.env.get("NANO_SHOW") === undefined ? "null" : "inherit",
    // A group of its own: what it started ends with it
    detached: true,
  }).spawn();
  try {
    const origin = `http://127.0.0.1:${port}`;
    const deadline = AbortSignal.timeout(START_MS);
    let ended = false;
    server.status.then(() => ended = true);
    while (!(await answers(origin, deadline))) {
      if (deadline.aborted || ended) {
        throw new Error(`The own server of ${starter.name} does not answer: ${starter.serve}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return await use(origin);
  } finally {
    await new Deno.Command("kill", { args: ["-KILL", "--", `-${server.pid}`], stderr: "null" }).output();
    await server.status;
  }
}

async function answers(origin: string, signal: AbortSignal): Promise<boolean> {
  try {
    await (await fetch(origin, { signal, redirect: "manual" })).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function askAll({ paths, varies }: Starter, origin: string): Promise<Answer[]> {
  const list: Answer[] = [];
  for (const path of paths) {
    const response = await fetch(new URL(path, origin), {
      redirect: "manual",
      headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    let body = (await response.text()).replaceAll(new URL(origin).host, "HOST");
    body = body.replaceAll(`localhost:${new URL(origin).port}`, "HOST").replaceAll(new URL(origin).port, "PORT");
    for (const part of varies ?? []) body = body.replace(part, "");
    const location = (response.headers.get("location") ?? "").replace(origin, "");
    list.push({ status: response.status, type: response.headers.get("content-type") ?? "", location, body });
  }
  return list;
}

function differenceOf(expected: Answer, answer: Answer): string | null {
  for (const key of ["status", "location", "type"] as const) {
    const [was, is] = [sameType(expected[key]), sameType(answer[key])];
    if (was !== is) return `${key} ${JSON.stringify(answer[key])} instead of ${JSON.stringify(expected[key])}`;
  }
  if (expected.body === answer.body) return null;
  let at = 0;
  while (expected.body[at] === answer.body[at]) at++;
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, at - SHOWN / 2), at + SHOWN));
  return `body ${part(answer.body)} instead of ${part(expected.body)}`;
}

/** Letters and spaces around a charset mean nothing (RFC 9110, 8.3.2), nor whether a server of files names the only one. */
function sameType(value: string | number): string | number {
  return typeof value === "string" ? value.toLowerCase().replace(/; *charset=utf-8$/, "") : value;
}

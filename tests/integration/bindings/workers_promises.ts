/**
 * Bindings answer as those of Workers, case by case. workers_answers.json is what Miniflare 4.20260426.0 answered to the
 * same code on 2026-11-29 (record_workers.mjs); what is known to differ stands here with its reason, and in the docs.
 */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const text = (name: string) => Deno.readTextFile(new URL(`./${name}`, import.meta.url));
const ANSWERS = JSON.parse(await text("workers_answers.json")) as Record<string, unknown>;

/** As values cross, and nothing else. */
const NO_STUBS = "NANO's RPC passes values, and neither functions nor stubs";
const WHAT_CROSSES = "what crosses is what structured clone takes, Headers, Request, Response and a ReadableStream";

function thrown(name: string, message: string) {
  return { error: { thrown: name, message } };
}

/** What NANO answers instead. */
const DIFFERENT: Readonly<Record<string, unknown>> = {
  // As the types of Workers have it.
  "kv many metadata": {
    value: [["x2", { value: "2", metadata: [1] }], ["none", { value: null, metadata: null }]],
  },
  // Miniflare takes 0 for none.
  "kv list zero": thrown(
    "Error",
    "KV GET failed: 400 Invalid key_count_limit of 0. Please specify an integer greater than 0.",
  ),
  // Miniflare drops the mark of many, and keeps that of one.
  "kv mark at the beginning": { value: [[5, 6], [2, 100_000], [5, 2]] },
  // As Cloudflare's docs have it; Miniflare would keep 1 as "1.0" in a column of text.
  "d1 types": { value: { i: "integer", r: "real", t: "text", b: "blob", n: "null", yes: 1 } },
  // Cloudflare's docs have no named parameters either.
  "d1 named": thrown("Error", "D1_ERROR: Wrong number of parameter bindings for SQL query."),
  // node:sqlite does not tell the offset; the line is the right one.
  "d1 syntax": thrown("Error", 'D1_ERROR: near "SELEC": syntax error: SQLITE_ERROR'),
  "d1 exec fails": thrown(
    "Error",
    'D1_EXEC_ERROR: Error in line 2: SELEC 2;: near "SELEC": syntax error: SQLITE_ERROR',
  ),
  // What was not asked for is not there, as the types of Workers have it.
  "r2 list include": { value: [[{ undefined: true }, { undefined: true }], [{ k: "v" }, { undefined: true }]] },
  "queue function": thrown("TypeError", "Message body cannot be written as JSON"),
  // Words that say where, and what crosses.
  "rpc class": thrown("DataCloneError", `Could not serialize object of type "Own" (arguments[0]): ${WHAT_CROSSES}`),
  "rpc symbol": thrown("DataCloneError", `Could not serialize a symbol (arguments[0]): ${WHAT_CROSSES}`),
  "rpc fetch relative": thrown("TypeError", "Invalid URL: '/path'"),
  // Miniflare keeps less of it.
  "rpc own error": { value: ["OwnError", "own", "Error", 7, "below"] },
  "rpc throws a text": { value: ["string", "a text"] },
  "rpc function": thrown("DataCloneError", `Could not serialize a function (the result): ${NO_STUBS}`),
  "rpc callback": thrown("DataCloneError", `Could not serialize a function (arguments[0]): ${NO_STUBS}`),
  "rpc target": thrown("DataCloneError", `Could not serialize object of type "Target" (the result): ${WHAT_CROSSES}`),
  "rpc pipelined": thrown(
    "DataCloneError",
    `Could not serialize object of type "Target" (the result): ${WHAT_CROSSES}`,
  ),
};

/** Asks for all cases. @param config keys of nano.json */
export async function workersCases(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await using project = await TempProject.create({
    shop: {
      files: {
        "index.js": await text("workers_cases.js"),
        "workers_edge_cases.js": await text("workers_edge_cases.js"),
      },
      config: {
        bindings: {
          KV: { kv: "kv" },
          DB: { d1: "db" },
          R2: { r2: "r2" },
          QUEUE: { queue: "jobs" },
          AUTH: { service: "auth" },
          ADMIN: { service: "auth", entrypoint: "Admin", props: { level: 3 } },
          PLAIN: { service: "auth", entrypoint: "plain" },
        },
        outbound: "any",
        queues: { consumers: [{ queue: "jobs" }] },
      },
    },
    auth: { files: { "index.js": await text("workers_service.js") } },
  }, config);
  await using nano = await NanoProcess.start(project.configFile);
  const answers: Record<string, unknown> = {};
  for (const name of await (await nano.fetch("shop", "/")).json() as string[]) {
    answers[name] = await (await nano.fetch("shop", `/${encodeURIComponent(name)}`)).json();
  }
  assertEquals(answers, { ...ANSWERS, ...DIFFERENT });
}

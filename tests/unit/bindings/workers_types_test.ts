/** KV and D1 by the types that Workers are written against: nothing of them is missing, and an app typed by them runs. */
import { assert, assertEquals } from "@std/assert";
import { createD1 } from "../../../runtime/bindings/d1/isolate.ts";
import { createKv } from "../../../runtime/bindings/kv/isolate.ts";
import type { BindingPort, CallAnswer } from "../../../runtime/protocol/binding_call.ts";
import { pathToFileURL } from "node:url";
import { fromFileUrl, REPO } from "../../support/repo.ts";

/** As text: in `deno task check` its types would stand in for Deno's in every file. */
const FIXTURE = new URL("tests/fixtures/workers_types/kv_and_d1.ts.txt", REPO);
const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
const file = `${folder}/kv_and_d1.ts`;
await Deno.copyFile(FIXTURE, file);
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
// deno-lint-ignore no-explicit-any -- its types are checked by the first test
const app: any = await import(pathToFileURL(file).href);

/** Answers each method with what the host would. */
/** @param answers by method, or by what it is to be answered with: the shape of a statement */
function portOf(answers: Readonly<Record<string, CallAnswer>>): BindingPort {
  return {
    call: (method, _args, { body } = {}) =>
      Promise.resolve((String(body).includes('"first"') ? answers["first"] : undefined) ?? answers[method]!),
    fetch: () => Promise.reject(new Error("No fetches here")),
    invoke: () => Promise.reject(new Error("No methods here")),
  };
}

/** Members of a binding. */
// deno-lint-ignore no-explicit-any -- made of unknown
function kinds(binding: any): Record<string, string> {
  const prototype = Object.getPrototypeOf(binding);
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  return Object.fromEntries(names.map((name) => [name, typeof prototype[name]]));
}

Deno.test("An app that is typed by @cloudflare/workers-types passes the compiler", async () => {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", fromFileUrl(new URL("deno.json", REPO)), file],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

Deno.test("Every member that the types of Workers name is there, and no other", () => {
  const port = portOf({});
  // deno-lint-ignore no-explicit-any -- made of unknown
  const database = createD1(port) as any;
  assertEquals(kinds(createKv(port)), app.KV);
  assertEquals(kinds(database), app.D1);
  assertEquals(kinds(database.withSession()), app.SESSION);
  assertEquals(kinds(database.prepare("SELECT 1")), app.STATEMENT);
});

Deno.test("KV answers what its types say", async () => {
  const kv = createKv(portOf({
    get: { values: ['{"lang":"en"}'], body: '{"n":1}' },
    put: { values: [], body: null },
    delete: { values: [], body: null },
    list: { values: ["ff"], body: '[{"name":"a","expires":60,"metadata":"{\\"lang\\":\\"en\\"}"}]' },
    getMany: { values: [1, null, null, null], body: new TextEncoder().encode("1") },
  }));
  const page = ["a", 60, "en", "ff"];
  assertEquals(await app.useKv(kv), ['{"n":1}', 1, 7, 1, "en", null, [["a", "1"], ["b", null]], ...page]);
});

Deno.test("D1 answers what its types say", async () => {
  const meta = { last_row_id: 7, rows_read: 1, changed_db: false };
  const rows = [{ id: 7, name: "ada" }];
  const answered = (answer: object): CallAnswer => ({ values: [], body: JSON.stringify(answer) });
  const found = await app.useD1(createD1(portOf({
    first: answered(rows),
    query: answered([{ rows, meta }]),
    batch: answered([{ rows, meta }, { rows, meta }]),
    exec: answered({ count: 1, duration: 2 }),
  })));
  assertEquals(found, [rows[0], "ada", "ada", true, 7, 1, false, [1, 1], "string", 1, 2]);
  const raw = await app.useRaw(createD1(portOf({ query: answered([{ columns: ["id"], rows: [[7]] }]) })));
  assertEquals(raw, [[[7]], ["id"], [7]]);
});

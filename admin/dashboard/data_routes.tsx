/** The pages of the stores of data, and the changes that their forms ask for. */
import { Hono } from "hono";
import { NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { textFields } from "./app_changes.ts";
import { D1Page, type D1View, databasePath } from "./d1_page.tsx";
import { type DashboardContext, type DashboardTools, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { good, plainLines, unlessRefused } from "./data_changes.ts";
import { DataPage } from "./data_page.tsx";
import type { FlashNote } from "./flash_notes.ts";
import { EMPTY_ENTRY, keyDeletion, type KvEntryForm, KvEntryPage } from "./kv_entry_page.tsx";
import { KvPage } from "./kv_page.tsx";
import { keyPath, namespacePath } from "./kv_paths.ts";
import { QuestionPage } from "./question_card.tsx";
import { queuePageRoutes } from "./queue_routes.tsx";
import { r2PageRoutes } from "./r2_routes.tsx";
import { renderPage } from "./render_page.ts";

/** Keys on a page. */
const KEYS = 50;
/** A longer value is no pleasure in a text field. */
const MAX_EDITED_BYTES = 256 * 1024;

/** Below `/data`. */
export function dataRoutes(tools: DashboardTools): Hono<AdminEnv> {
  const { target, notes, now } = tools;
  const data = () => target.operations.data;
  const routes = new Hono<AdminEnv>();

  routes.get("/", async (context) => {
    const { kv, d1, r2, queues } = data();
    const lists = await Promise.all([kv.list(), d1.list(), r2.list(), queues.list()]);
    const view = { namespaces: lists[0], databases: lists[1], buckets: lists[2], queues: lists[3] };
    return renderPage(context, <DataPage frame={frameOf(context, tools)} view={view} />);
  });

  routes.route("/r2", r2PageRoutes(tools));
  routes.route("/queues", queuePageRoutes(tools));

  routes.get("/kv/:namespace", (context) => keys(context, EMPTY_ENTRY, null));
  routes.post("/kv/:namespace", async (context) => {
    const form = entryOf(textFields(await context.req.parseBody()));
    return await unlessRefused(() => put(context, form), (problem) => keys(context, form, problem));
  });
  routes.get("/kv/:namespace/keys/:key", (context) => entry(context, null, null));
  routes.post("/kv/:namespace/keys/:key", async (context) => {
    const form = { ...entryOf(textFields(await context.req.parseBody())), key: context.req.param("key") };
    return await unlessRefused(() => put(context, form), (problem) => entry(context, form, problem));
  });
  routes.get("/kv/:namespace/keys/:key/delete", (context) => {
    const { namespace, key } = context.req.param();
    const question = keyDeletion(namespace, key);
    return renderPage(context, <QuestionPage frame={frameOf(context, tools)} question={question} />);
  });
  routes.post("/kv/:namespace/keys/:key/delete", async (context) => {
    const { namespace, key } = context.req.param();
    await data().kv.delete(namespace, [key], requestedBy(context));
    return goOn(context, { notes, path: namespacePath(namespace), note: good(`Deleted ${key}`) });
  });

  routes.get("/d1/:database", (context) => database(context, { sql: null, results: null, problem: null }));
  routes.post("/d1/:database", async (context) => {
    const sql = plainLines(textFields(await context.req.parseBody()).sql ?? "");
    return await unlessRefused(async () => {
      const results = await data().d1.execute(context.req.param("database"), sql, [], requestedBy(context));
      return await database(context, { sql, results, problem: null });
    }, (problem, status) => database(context, { sql, results: null, problem }, status));
  });
  routes.post("/d1/:database/migrate", async (context) => {
    const name = context.req.param("database");
    return await unlessRefused(async () => {
      const applied = await data().d1.migrate(name, null, requestedBy(context));
      const text = applied.length === 0 ? "All migrations were applied already" : `Applied ${applied.join(", ")}`;
      return goOn(context, { notes, path: databasePath(name), note: good(text) });
    }, (problem) => goOn(context, { notes, path: databasePath(name), note: problem }));
  });

  async function keys(context: DashboardContext, form: KvEntryForm, problem: FlashNote | null): Promise<Response> {
    const name = context.req.param("namespace")!;
    const { prefix = "", cursor = "" } = context.req.query();
    const [page, all] = await Promise.all([
      data().kv.keys(name, { prefix, cursor: cursor || null, limit: KEYS }),
      data().kv.list(),
    ]);
    const namespace = all.find((one) => one.name === name)!;
    const view = { namespace, page, prefix, isLater: cursor !== "", form, problem };
    return renderPage(context, <KvPage frame={frameOf(context, tools)} view={view} />, problem === null ? 200 : 400);
  }

  /** @param typed what was refused, which stays */
  async function entry(
    context: DashboardContext,
    typed: KvEntryForm | null,
    problem: FlashNote | null,
  ): Promise<Response> {
    const { namespace, key } = context.req.param() as { namespace: string; key: string };
    const found = await data().kv.get(namespace, key);
    if (found === null) {
      throw new NanoError("NOT_FOUND", `Cannot show "${key}" of KV namespace "${namespace}": there is no such key`);
    }
    const value = await new Response(found.body as BodyInit).bytes();
    const text = editedText(value);
    const expiration = found.expiration === null ? "" : String(found.expiration);
    const form = typed ?? { key, value: text ?? "", metadata: found.metadata ?? "", expiration };
    const view = { namespace, form, bytes: value.byteLength, isText: text !== null, problem };
    return renderPage(
      context,
      <KvEntryPage frame={frameOf(context, tools)} view={view} />,
      problem === null ? 200 : 400,
    );
  }

  async function put(context: DashboardContext, form: KvEntryForm): Promise<Response> {
    const namespace = context.req.param("namespace")!;
    await data().kv.put(namespace, {
      key: form.key,
      value: new TextEncoder().encode(form.value),
      metadata: form.metadata === "" ? null : form.metadata,
      expiration: endOf(form.expiration, now()),
      expirationTtl: null,
    }, requestedBy(context));
    return goOn(context, { notes, path: keyPath(namespace, form.key), note: good(`Saved ${form.key}`) });
  }

  async function database(
    context: DashboardContext,
    shown: Pick<D1View, "sql" | "results" | "problem">,
    status = 200,
  ): Promise<Response> {
    const name = context.req.param("database")!;
    const migrations = await data().d1.migrations(name, null);
    const found = (await data().d1.list()).find((one) => one.name === name)!;
    const view = { database: found, migrations, ...shown };
    return renderPage(context, <D1Page frame={frameOf(context, tools)} view={view} />, status);
  }

  return routes;
}

function entryOf(
  { key = "", value = "", metadata = "", expiration = "" }: Readonly<Record<string, string>>,
): KvEntryForm {
  return { key, value: plainLines(value), metadata: metadata.trim(), expiration: expiration.trim() };
}

/** The value as a text field holds and sends it unchanged, or null. */
function editedText(value: Uint8Array): string | null {
  if (value.byteLength > MAX_EDITED_BYTES) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    return /[\r\0]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** @throws {NanoError} USAGE */
function endOf(written: string, nowMs: number): number | null {
  if (written === "") return null;
  const match = /^(\+?)(\d{1,12})$/.exec(written);
  if (match === null) {
    throw new NanoError("USAGE", `Cannot use "${written}" as the end: expected seconds, such as +3600`);
  }
  return match[1] === "+" ? Math.floor(nowMs / 1000) + Number(match[2]) : Number(match[2]);
}

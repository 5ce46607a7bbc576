/** What nodes are told while their engine is away, and after it came back with nothing. */
// @ts-types="@types/pg"
import pg from "pg";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NanoError } from "../../runtime/errors.ts";
import { type EngineConfig, natsEngine, postgresEngine } from "../../runtime/fleet/engine_config.ts";
import type { FleetStore } from "../../runtime/fleet/fleet_store.ts";
import { openFleetStore } from "../../runtime/fleet/link.ts";
import { startPostgres } from "./database_server.ts";
import { NatsServers } from "./nats_servers.ts";

/** Of a call while nobody answers; the contract's 15 s make the test no better. */
const CALL_MS = 3_000;
/** Of a call that has to come through once the engine is back. */
const PATIENCE_MS = 60_000;

Deno.test("NATS away is said so in time, and found again with all that it had; wiped it is an empty engine", async () => {
  await using servers = await NatsServers.start();
  await using store = opened(natsEngine({ servers: servers.addresses, name: "test", allowsOldServer: true }));
  await outage(store, { kill: () => servers.killAll(), restart: () => servers.startAll() });
  await servers.killAll();
  await servers.wipe();
  await servers.startAll();
  assertEquals(await found(() => store.head()), { epoch: null, revision: 0 });
  assertEquals(await Array.fromAsync(store.since(0)), []);
  assertEquals(await store.found("e2"), true);
  assertEquals(await store.head(), { epoch: "e2", revision: 1 });
});

Deno.test("PostgreSQL away is said so in time, and found again with all that it had", async () => {
  await using server = await startPostgres();
  const url = `postgres://app@127.0.0.1:${server.port}/postgres`;
  await using store = opened(postgresEngine({ url, name: "test" }));
  await outage(store, { kill: () => server.kill(), restart: () => server.restart() });
});

Deno.test("PostgreSQL whose tables somebody locks is said to be that, and is left no query that nobody waits for", async () => {
  await using server = await startPostgres();
  const url = `postgres://app@127.0.0.1:${server.port}/postgres`;
  await using store = opened(postgresEngine({ url, name: "test" }));
  await store.found("e1");
  const holder = new pg.Client({ connectionString: url });
  // When the test fails the server is ended under it.
  holder.on("error", () => {});
  await holder.connect();
  await holder.query("begin; lock table nano.head in access exclusive mode");
  const refusals = await Promise.all([store.head(), store.head()].map((call) => call.catch((error) => error.message)));
  for (const text of refusals) assertStringIncludes(text, "somebody holds a lock on the fleet's tables");
  // Given up by the server, too.
  await until(async () => {
    const { rows } = await holder.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'");
    return rows.length === 0;
  });
  await holder.query("rollback");
  assertEquals((await store.head()).epoch, "e1");
  await holder.query("alter system set default_transaction_read_only = on");
  await holder.query("select pg_reload_conf()");
  await until(() =>
    store.lease("x", "a").then(() => false, (error) => error.message.includes("it is a standby or set to read"))
  );
  await holder.end();
});

Deno.test("Who is told of changes is told again after the engine was away", async () => {
  await using servers = await NatsServers.start();
  const engine = natsEngine({ servers: servers.addresses, name: "test", allowsOldServer: true });
  await using a = opened(engine);
  await using b = opened(engine);
  await a.found("e1");
  let hints = 0;
  using _listening = b.onChange(() => void hints++);
  await b.head();
  await servers.killAll();
  const before = hints;
  await servers.startAll();
  await found(() => b.head());
  await until(() => hints > before);
  const back = hints;
  await found(() => a.head());
  assertEquals((await a.write(record(2), await a.head())).outcome, "written");
  await until(() => hints > back);
});

async function outage(
  store: FleetStore,
  { kill, restart }: Record<"kill" | "restart", () => Promise<void>>,
): Promise<void> {
  assertEquals(await store.found("e1"), true);
  const first = await store.head();
  const written = await store.write(record(1), first);
  const head = await store.head();
  await kill();
  const calls: (() => Promise<unknown>)[] = [
    () => store.head(),
    () => store.write(record(2), head),
    () => Array.fromAsync(store.since(0)),
    () => store.getBlob("0".repeat(64)),
    () => store.claim("x", "a"),
    () => store.nodes(),
  ];
  const codes = await Promise.all(calls.map(async (call) => (await assertRejects(call, NanoError)).code));
  assertEquals(new Set(codes), new Set(["FLEET_UNAVAILABLE"]));
  await restart();
  assertEquals(await found(() => store.head()), head);
  assertEquals(written, { outcome: "written", revision: head.revision });
  assertEquals((await Array.fromAsync(store.since(0))).map(({ value }) => value), [1]);
}

function opened(engine: EngineConfig): FleetStore {
  return openFleetStore({ ...engine, times: { ...engine.times, callMs: CALL_MS } });
}

function record(value: number) {
  return { key: "app.x", id: crypto.randomUUID(), format: 1, value };
}

/** Asks until it is answered. */
async function found<T>(ask: () => Promise<T>): Promise<T> {
  const late = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > late) throw error;
    }
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    if (performance.now() > late) throw new Error(`It is not so within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

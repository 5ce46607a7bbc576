/** The typed client, over a fake NANO and over a real listener. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { AdminClient, AdminError } from "../../../admin/client/client.ts";
import { readServerSentEvents } from "../../../admin/streams/server_sent_events.ts";
import { AdminServer } from "../../../admin/server.ts";
import { FakeAdminTarget } from "../../support/fake_admin_target.ts";
import { apiBench, TOKEN } from "./api_bench.ts";

const ZIP = new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0]);
const encoder = new TextEncoder();

function archive(chunks: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent++ < chunks) controller.enqueue(ZIP.slice());
      else controller.close();
    },
  });
}

async function refused(call: Promise<unknown>): Promise<AdminError> {
  return await assertRejects(() => call, AdminError);
}

Deno.test("AdminClient reads and changes apps", async () => {
  const { client, target } = apiBench({ fake: { apps: 3 } });
  assertEquals(client.url, "http://127.0.0.1:9090");
  assertEquals((await client.apps({ state: "running", limit: 1 })).total, 3);
  const app = await client.app("app-1");
  assertEquals(app.tag, target.operations.apps.tagOf("app-1"));
  const added = await client.addApp({ hostname: "blog.example.com", path: "/srv/blog" });
  assertEquals(added.name, "blog");
  const changed = await client.changeApp("blog", { memory_mb: 256 }, { ifMatch: added.tag! });
  assertEquals(changed.limits?.memory_mb, 256);
  assertEquals((await client.restartApp("blog")).state, "running");
  assertEquals((await client.resetApp("blog")).name, "blog");
  assertEquals((await client.drainApp("blog")).drained_requests, 2);
  assertEquals((await client.removeApp("blog")).name, "blog");
  assertEquals(await client.runCron("app-1", "tidy"), true);
  assertEquals((await client.series("app-1")).app, "app-1");
  assertEquals((await client.reload({ dryRun: true })).changed, ["app-1"]);
  assertEquals((await client.reload()).changed, ["app-1"]);
  assertEquals((await client.config())["state_dir"], "/srv/.nano");
  assertEquals((await client.history({ limit: 1 })).entries[0]?.action, "config.reload");
  assert((await client.metrics()).includes("nano_uptime_seconds"));
});

Deno.test("AdminClient deploys with progress, lists, rolls back and out", async () => {
  const { client, target } = apiBench();
  const progress: number[] = [];
  const version = await client.deploy("fresh", archive(3), {
    create: true,
    hostnames: ["a.example.com", "b.example.com"],
    note: "first & best",
    onProgress: (bytes) => progress.push(bytes),
  });
  assertEquals([version.version, version.note, progress], ["v1", "first & best", [8, 16, 24]]);
  assertEquals(target.find("fresh").config.hostnames, ["a.example.com", "b.example.com"]);
  assertEquals((await client.deploy("fresh", archive(1), { percent: 5 })).role, "rollout");
  const preview = await client.deploy("fresh", archive(1), { preview: { suffix: "p.example.com" } });
  assertEquals(preview.preview_host, "v3--fresh.p.example.com");
  assertEquals((await client.deploy("fresh", archive(1), { preview: true })).role, "preview");
  assertEquals((await client.versions("fresh")).length, 4);
  assertEquals((await client.rollout("fresh", "v2", 50)).origin?.rollout, { version: "v2", percent: 50 });
  assertEquals(await client.rollback("fresh", "v2"), "v2");
  assertEquals(await client.rollback("fresh"), "v1");
  await client.removeVersion("fresh", "v2");
  assertEquals((await client.versions("fresh")).map((view) => view.version), ["v4", "v3", "v1"]);
});

Deno.test("AdminClient throws NANO's own code, sentence and single mistakes", async () => {
  const { client, target } = apiBench();
  const missing = await refused(client.app("no/such app"));
  assertEquals([missing.code, missing.status], ["NOT_FOUND", 404]);
  assert(missing.message.includes("no/such app") && missing.requestId);
  target.refusal = new NanoError("CONFIG_INVALID", "Cannot load", { details: ["one", "two"] });
  const invalid = await refused(client.reload());
  assertEquals([invalid.code, invalid.message, invalid.details], ["CONFIG_INVALID", "Cannot load", ["one", "two"]]);
  const stale = await refused(client.restartApp("app-1", { ifMatch: '"old"' }));
  assertEquals(stale.code, "PRECONDITION_FAILED");
  const archiveless = await refused(client.deploy("app-1", new Blob(["text"]).stream()));
  assertEquals(archiveless.code, "USAGE");
});

Deno.test("AdminClient tells when nothing answers, something else answers, or too late", async () => {
  const broken = (fetch: () => Promise<Response>, readTimeoutMs = 30_000) =>
    new AdminClient({ url: "http://127.0.0.1:1", token: TOKEN, fetch, readTimeoutMs });
  const refusing = new AdminClient({ url: "http://127.0.0.1:1", token: TOKEN });
  const unreachable = await refused(refusing.apps());
  assertEquals([unreachable.code, unreachable.status], ["UNREACHABLE", null]);
  assert(unreachable.message.startsWith("Cannot reach the admin API at http://127.0.0.1:1: "));
  const foreign = await refused(broken(() => Promise.resolve(new Response("hi", { status: 404 }))).apps());
  assertEquals([foreign.code, foreign.status], ["UNREACHABLE", 404]);
  const silent = new AdminClient({
    url: "http://127.0.0.1:1",
    token: TOKEN,
    readTimeoutMs: 5,
    fetch: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  assertEquals((await refused(silent.apps())).message.endsWith("no answer within 0.005 s"), true);
});

Deno.test("AdminClient.health answers while NANO drains", async () => {
  const { client, target } = apiBench();
  assertEquals((await client.health()).status, "ready");
  target.draining = true;
  assertEquals((await client.health()).status, "draining");
});

Deno.test("AdminClient follows logs, events and figures over a real listener, and leaves when told", async () => {
  const target = new FakeAdminTarget({ tickMs: 5 });
  await using server = AdminServer.start(target, { hostname: "127.0.0.1", port: 0, token: TOKEN });
  const client = new AdminClient({ url: server.url, token: TOKEN });
  const log = target.observations;
  const old = log.write("app-1", "old");
  const stop = new AbortController();
  const seen: string[] = [];
  const watch = (async () => {
    for await (const tick of client.stats({ signal: stop.signal })) {
      seen.push(`${tick.length} apps`);
      break;
    }
    for await (const update of client.followLogs({ app: "app-1", limit: 1 }, { signal: stop.signal })) {
      if (!("line" in update)) continue;
      seen.push(update.line.text);
      if (update.line.text === "old") log.write("app-1", "new");
      else break;
    }
    for await (const update of client.followLogs({}, { signal: stop.signal, lastEventId: old.id })) {
      if ("line" in update) seen.push(update.line.text);
      break;
    }
    const beating = setInterval(() => target.events.emit({ event: "app_removed", app: "x" }), 5);
    try {
      for await (const { event, data } of client.events({ types: ["app_removed"], signal: stop.signal })) {
        seen.push(`${event} ${data["app"]}`);
        stop.abort();
      }
    } finally {
      clearInterval(beating);
    }
  })();
  await watch;
  assertEquals(seen, ["3 apps", "old", "new", "new", "app_removed x"]);
  assertEquals((await client.logs({ app: "app-1", q: "ne" })).map(({ text }) => text), ["new"]);
});

Deno.test("readServerSentEvents() reads what arrives in any pieces", async () => {
  const text =
    "retry: 5\r\n\r\n: comment\r\nevent: a\r\nid: 7\r\ndata: one\r\ndata:two\r\n\r\ndata: ü\n\nevent: lost\ndata: x\n";
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 1000]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    assertEquals(await Array.fromAsync(readServerSentEvents(body)), [
      { event: "a", data: "one\ntwo", id: "7" },
      { event: "message", data: "ü", id: "7" },
    ], `${size}`);
  }
});

Deno.test("readServerSentEvents() refuses an event that never ends, in one line or in many, after those before it", async () => {
  const mebi = "x".repeat(1024 * 1024);
  for (const line of [mebi, `data: ${mebi}\n`]) {
    const texts = ["data: first\n\ndata: ", ...Array<string>(17).fill(line)];
    const seen: string[] = [];
    const error = await assertRejects(async () => {
      for await (
        const { data } of readServerSentEvents(ReadableStream.from(texts.map((text) => encoder.encode(text))))
      ) {
        seen.push(data);
      }
    }, RangeError);
    assertEquals([seen, error.message], [["first"], "Cannot read events: one is longer than 16 MiB"]);
  }
});

Deno.test("readServerSentEvents() keeps the last id, takes an empty one for a reset, and knows every end of a line", async () => {
  const text = "\uFEFFid: 1\rdata: a\r\rid\r\ndata\r\n\r\nnonsense: x\nid: a\0b\ndata:  c\n\nid: 9\ndata: never whole";
  assertEquals(await Array.fromAsync(readServerSentEvents(ReadableStream.from([encoder.encode(text)]))), [
    { event: "message", data: "a", id: "1" },
    { event: "message", data: "", id: "" },
    { event: "message", data: " c", id: "" },
  ]);
});

Deno.test("AdminClient asks for nothing by a name that no URL has as a part: it would mean another path", async () => {
  const { client } = apiBench({ fake: { apps: 1 } });
  for (const name of ["", ".", ".."]) {
    const calls: (() => Promise<unknown>)[] = [
      () => client.removeApp(name),
      () => client.kv.delete("cache", name),
      () => client.kv.keys(name),
      () => client.r2.delete("files", name),
      () => client.r2.objects(name),
      () => client.d1.query(name, { sql: "SELECT 1" }),
      () => client.queues.purge(name),
    ];
    for (const call of calls) {
      const { code, message } = await refused(Promise.resolve().then(call));
      assertEquals([code, message], ["USAGE", `Cannot ask for "${name}": no URL has such a part`]);
    }
  }
  assertEquals((await client.apps({})).total, 1);
});

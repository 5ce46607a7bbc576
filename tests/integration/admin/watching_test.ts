/** Logs and events of the real process, and followers that read slowly, never, or hope for injected events. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readServerSentEvents, type ServerSentEvent } from "../../../admin/streams/server_sent_events.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { until } from "../life/until.ts";
import { AdminScene, saying, TOKEN } from "./admin_scene.ts";

const DEADLINE_MS = 120_000;
const FLOOD = `export default {
  fetch(request) {
    const text = "x".repeat(500);
    for (let line = 0; line < 200; line++) console.log(line, text);
    return new Response("flooded");
  },
};
`;

/** A follower, which reads as it is asked to. */
async function follow(scene: AdminScene, path: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error(`${path} told too little`)), DEADLINE_MS);
  const init = { headers: { authorization: `Bearer ${TOKEN}`, ...headers }, signal: stop.signal };
  const response = await fetch(scene.adminUrl + path, init);
  assertEquals(response.status, 200);
  assertMatch(response.headers.get("content-type")!, /^text\/event-stream/);
  const events = readServerSentEvents(response.body!)[Symbol.asyncIterator]();
  return {
    /** The first event that fits. */
    async until(fits: (event: ServerSentEvent) => boolean): Promise<ServerSentEvent> {
      for (;;) {
        const { done, value } = await events.next();
        if (done === true) throw new Error(`${path} ended`);
        if (fits(value)) return value;
      }
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await events.return?.(undefined);
      stop.abort();
    },
  };
}

function log(scene: AdminScene, level: string, text: string): Promise<string> {
  return scene.text("app", `/log?level=${level}&text=${encodeURIComponent(text)}`);
}

Deno.test("logs and events are told as JSON and as server-sent events", async (test) => {
  await using scene = await AdminScene.create({ app: saying("app"), flood: FLOOD });

  await test.step("GET logs has the last lines by level, text and kind", async () => {
    await log(scene, "debug", "a quiet line");
    await log(scene, "info", "a plain line");
    await log(scene, "warn", "a loud line");
    await scene.text("app", "/throw?text=thrown");
    const lines = async (query: string) => {
      const { status, json } = await scene.ask("GET", `/admin/apps/app/logs${query}`);
      assertEquals(status, 200);
      return json.lines.map(({ level, text }: { level: string; text: string }) => `${level} ${text.split("\n")[0]}`);
    };
    const all = await until(async () => {
      const found = await lines("?kind=console,exception");
      return found.length >= 4 ? found : null;
    }, "four lines");
    assertEquals(all, ["debug a quiet line", "info a plain line", "warn a loud line", "error Error: thrown"]);
    assertEquals(await lines("?level=warn&kind=console"), ["warn a loud line"]);
    assertEquals(await lines("?q=PLAIN"), ["info a plain line"]);
    assertEquals(await lines("?level=error"), ["error Error: thrown"]);
    assertEquals((await lines("?limit=1&kind=console")).length, 1);
    assertEquals(await scene.refusal("GET", "/admin/apps/app/logs?level=loud"), [400, "USAGE"]);
    assertEquals(await scene.refusal("GET", "/admin/apps/app/logs?limit=x"), [400, "USAGE"]);
    assertEquals(await scene.refusal("GET", "/admin/apps/nobody/logs?follow=1"), [404, "NOT_FOUND"]);
    assert((await scene.ask("GET", "/admin/logs?q=loud")).json.lines.length === 1);
  });

  await test.step("GET logs?follow=1 goes on with what is written, filtered, and after the last event's id", async () => {
    await using follower = await follow(scene, "/admin/apps/app/logs?follow=1&level=warn&q=line");
    const past = await follower.until(({ event }) => event === "line");
    assertEquals(JSON.parse(past.data).text, "a loud line");
    await log(scene, "info", "an info line");
    await log(scene, "error", "other words");
    await log(scene, "error", "a new line");
    const fresh = await follower.until(({ event }) => event === "line");
    const { app, level, text } = JSON.parse(fresh.data);
    assertEquals([app, level, text], ["app", "error", "a new line"]);
    await using later = await follow(scene, "/admin/apps/app/logs?follow=1&kind=console", {
      "last-event-id": past.id!,
    });
    assertEquals(JSON.parse((await later.until(({ event }) => event === "line")).data).text, "an info line");
  });

  await test.step("no line of an app makes events or fields of its own", async () => {
    await using follower = await follow(scene, "/admin/logs?follow=1&limit=0&kind=console");
    const texts = ["x\r\n\r\nevent: dropped\r\ndata: {}\r\n\r\n", "x\rid: 99999\rdata: y", "x\u2028y\u0085z\u0000"];
    for (const text of texts) {
      await log(scene, "warn", text);
      const told = await follower.until(() => true);
      assertEquals([told.event, JSON.parse(told.data).text.slice(0, 1)], ["line", "x"]);
    }
  });

  await test.step("GET events tells what happens", async () => {
    await using follower = await follow(scene, "/admin/events");
    const change = scene.ask("POST", "/admin/apps/app/restart");
    const told = await follower.until(({ event }) => event === "operator_change");
    const { event, app, action, actor } = JSON.parse(told.data);
    assertEquals([event, app, action, actor], ["operator_change", "app", "app.restart", "api 127.0.0.1"]);
    assertEquals((await change).status, 200);
    await using requests = await follow(scene, "/admin/events?types=request");
    await scene.text("app", "/told");
    const request = JSON.parse((await requests.until(({ event }) => event === "request")).data);
    assertEquals([request.app, request.method, request.path, request.status], ["app", "GET", "/told", 200]);
    await using stats = await follow(scene, "/admin/stats");
    const ticks = JSON.parse((await stats.until(({ event }) => event === "tick")).data);
    assertEquals(ticks.map(({ app }: { app: string }) => app).sort(), ["app", "flood"]);
    assertEquals((await scene.ask("GET", "/admin/apps/app/series")).json.app, "app");
  });

  await test.step("followers that never read cost a bounded part of memory and delay nobody", async () => {
    const head = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
    const paths = ["/admin/logs?follow=1", "/admin/apps/flood/logs?follow=1", "/admin/events?types=app_log,request"];
    const held = await Promise.all(
      Array.from({ length: 15 }, async (_none, at) => {
        const connection = await RawConnection.open(scene.adminUrl, { timeoutMs: 120_000 });
        await connection.send(`GET ${paths[at % 3]} HTTP/1.1\r\n${head}`);
        await connection.readHead();
        return connection;
      }),
    );
    try {
      const flood = async (rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          await Promise.all(Array.from({ length: 5 }, () => scene.text("flood")));
        }
        return await residentMb(scene.nano.pid);
      };
      // Fills what each of them may have waiting; after that nothing more may grow.
      const filled = await flood(30);
      const later = await flood(60);
      console.log(`    15 silent followers: ${filled.toFixed(0)} MB, 60 more floods later ${later.toFixed(0)} MB`);
      assert(later - filled < 100, `${filled} MB grew to ${later} MB`);
      assertEquals(await scene.text("app"), "app -");
    } finally {
      for (const one of held) one.close();
    }
  });
});

async function residentMb(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+)/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))![1]) / 1024;
}

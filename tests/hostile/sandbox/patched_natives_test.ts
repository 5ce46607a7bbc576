/** Apps that patch natives of every kind harm nobody, get around no limit, and still get their own requests answered. */
import { assert, assertEquals } from "@std/assert";
import { Arena } from "./arena.ts";
import { patchedApp, PATCHES } from "./patched_app.ts";

const BODY = "a".repeat(200_000);

/** What each deed answers. */
const DEEDS: readonly [deed: string, init: () => RequestInit, answer: string][] = [
  ["plain", () => ({}), "plain"],
  ["headers", () => ({ headers: { "x-asked": "heard" } }), "heard"],
  ["stream", () => ({}), "a".repeat(120_000)],
  ["echo", () => ({ method: "POST", body: BODY }), `${BODY.length}`],
  ["form", () => ({ method: "POST", body: formOf() }), "value content"],
  ["blob", () => ({}), "form 1"],
  ["clone", () => ({}), "kept"],
  ["cache", () => ({}), "cached"],
  ["fetch", () => ({}), "120000"],
  ["abort", () => ({}), "AbortError"],
  ["events", () => ({}), "an event"],
  ["pair", () => ({}), "over the pair"],
  ["log", () => ({}), "logged"],
  ["shared", () => ({}), "refused"],
  ["memory", () => ({}), "refused"],
  ["pbkdf2", () => ({}), "refused"],
];

function formOf(): FormData {
  const form = new FormData();
  form.append("field", "value");
  form.append("file", new Blob(["content"]), "a.txt");
  return form;
}

function upstream(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/events") {
    return new Response("data: an event\n\n", { headers: { "content-type": "text/event-stream" } });
  }
  if (pathname === "/never") return new Response(new ReadableStream());
  return new Response(request.body);
}

Deno.test("An app that patches natives harms nobody, and its own requests are answered", async (t) => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, upstream);
  const config = {
    outbound: "any",
    env: { UPSTREAM: `http://127.0.0.1:${server.addr.port}` },
    external_mb: 64,
    timeout_ms: 60_000,
    cpu_ms: 20_000,
  };
  const kinds = Object.entries(PATCHES);
  const apps = Object.fromEntries(
    kinds.map(([, patch], index) => [`patched-${index}`, { files: patchedApp(patch), config }]),
  );
  await using arena = await Arena.open(apps);
  for (const [index, [kind]] of kinds.entries()) {
    await t.step(kind, async () => {
      const app = `patched-${index}`;
      const mark = arena.mark;
      const seen: Record<string, string> = {};
      const wanted: Record<string, string> = {};
      for (const [deed, init, answer] of DEEDS) {
        const sight = await arena.attack(app, `/${deed}`, init());
        seen[deed] = sight.status === 200 ? sight.text.slice(0, 600) : `${sight.status} ${sight.code}`;
        wanted[deed] = answer.slice(0, 600);
      }
      assertEquals(seen, wanted);
      const thrown = await arena.attack(app, "/throws");
      assertEquals([thrown.status, thrown.code], [500, "APP_EXCEPTION"]);
      await arena.assertUnharmed();
      // The host's own account: each request with its status and end, the app's line and its exception in the log
      const records = arena.nano.events.slice(mark).filter(({ app: one }) => one === app);
      const ends = records.filter(({ event }) => event === "request").map(({ status, end }) => `${status} ${end}`);
      assertEquals(ends, [...DEEDS.map(() => "200 done"), "500 app_failed"]);
      const lines = records.filter(({ event }) => event === "app_log").map(({ text }) => `${text}`);
      assert(lines.includes("a line of the app"), lines.join("\n"));
      assertEquals(records.filter(({ event }) => event === "app_exit"), []);
    });
  }
});
